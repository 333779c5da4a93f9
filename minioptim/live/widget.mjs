// A figure in a notebook with a kernel, beside widget.py.

/** @import { Model } from "./drawing/types" */

/**
 * The values of a figure in a notebook with a kernel, kept by the widget's trait `values`.
 *
 * @param {any} model
 * @returns {Model}
 */
export function widgetModel(model) {
  return {
    get: () => model.get("values"),
    set(values) {
      model.set("values", values);
      model.save_changes();
    },
    listen(callback) {
      const changed = () => callback(model.get("values"));
      model.on("change:values", changed);
      return () => model.off("change:values", changed);
    },
  };
}
