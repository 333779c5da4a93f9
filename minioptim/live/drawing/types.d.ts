// What the modules hand to one another, for the type checker alone (make lint): no page loads this.

/** ((x low, x high), (y low, y high)). */
export type Domain = number[][];
export type Numbers = number[] | Float64Array;
export type Point = number[];

// --- What Python declares -----------------------------------------------------

export type Value = number | boolean | string | Point;
export type Values = Record<string, Value>;

export interface Control {
  kind: "slider" | "switch" | "choice" | "point" | "button";
  name: string;
  value?: any;
  // Of its kind; what Python left empty is not there.
  low: number;
  high: number;
  log: boolean;
  toward_one: boolean;
  whole: boolean;
  group?: string;
  says?: string;
  of?: string;
  options: string[];
  names: string[];
  domain: Domain;
}

export interface Look {
  color?: string;
  dash?: string;
  width?: number;
  className?: string;
}

export interface Declaration {
  figure: string;
  id: string;
  controls: Control[];
  rules: string[];
  looks: Record<string, Look>;
  facts: Record<string, any>;
}

// --- What is translated from Python -------------------------------------------

/** One coordinate at a time. Hyper-parameters are fields, by their names. */
export interface Rule {
  state: string[];
  start(x: number): number[];
  /** Where the gradient is asked for, if that is not at x. */
  query?(x: number, ...state: number[]): number;
  step(g: number, x: number, t: number, ...state: number[]): number[];
  constructor: new (values: Record<string, unknown>) => Rule;
  [hyperParameter: string]: any;
}

export interface Surface {
  f(x: number, y: number): number;
}

export interface TranslatedSurface extends Surface {
  df(x: number, y: number): number[];
  domain: Domain;
  start: Point;
  minimum: number;
}

type ByName<T> = Record<string, new (values?: Record<string, unknown>) => T>;

// --- What a figure is ---------------------------------------------------------

/** A key of the catalogue and the values that its text names. */
export interface Piece {
  key: string;
  values: Record<string, Said>;
}
export type Said = number | string | Piece | Said[];
export interface Word {
  (key: string, values?: Record<string, Said | undefined>): string;
  has(key: string): boolean;
}

export interface Context {
  word: Word;
  views: HTMLElement;
  panel: HTMLElement;
  declaration: Declaration;
  signal: AbortSignal;
  change(asked: Values): void;
  redraw(): void;
  values(): Record<string, any>;
  rules: ByName<Rule>;
  surfaces: ByName<TranslatedSurface>;
  looks: Record<string, Look>;
}

export interface Figure {
  /** Show these values; returns what is to be said of them. */
  draw(values: Record<string, any>): Piece[];
  /** A button was pressed. */
  press(name: string, values: Record<string, any>): void;
  /** Stop what plays. */
  rest?(): void;
}

export interface Kit {
  figures: Record<string, (context: Context) => Figure>;
  rules: ByName<Rule>;
  surfaces: ByName<TranslatedSurface>;
  words: Record<string, Record<string, string>>;
}

/** Where the values of a figure are kept. */
export interface Model {
  get(): Values | null | undefined;
  set(values: Values): void;
  forget?(): void;
  /** Where a page has an address that can hold them. */
  address?(values: Record<string, any>): string;
  listen(callback: (asked: Values) => void): () => void;
}

// --- What is drawn ------------------------------------------------------------

/** A recorded run: flat arrays, a point of `d` numbers after another. */
export interface Trace {
  d: number;
  steps: number;
  x: Float64Array;
  query: Float64Array;
  gradient: Float64Array;
  state: Record<string, Float64Array>;
}

export interface Scale {
  (value: number): number;
  invert(at: number): number;
  domain: number[];
  ticks(count: number): number[];
}

export interface Move {
  from: Point;
  move: Point;
}

export interface Series {
  name: string;
  y: Numbers;
  x?: Numbers;
  label?: string;
  look?: Look;
  dots?: boolean;
}

export interface Bars {
  x: Numbers;
  y: Numbers;
  width: number;
  color?: string;
}

export interface Mark {
  name: string;
  x?: number;
  y?: number;
  label?: string;
}
