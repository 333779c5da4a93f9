// Reads the entries from standard input and prints the index: `node index.cjs ASSETS < entries.json`.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const folder = process.argv[2];
const MiniSearch = require(join(folder, "minisearch.js"));
require(join(folder, "words.js"));

const index = new MiniSearch({ ...globalThis.bookSearch.options, idField: "place" });
index.addAll(JSON.parse(readFileSync(0, "utf-8")));
process.stdout.write(JSON.stringify(index));
