import { parseArguments } from "../../arguments.ts";
import { fileSchemas, SCHEMA_FOLDER, schemaName } from "../schema/mod.ts";
import type { Command } from "./command.ts";

/** `deno task rules schema`: what editors complete and check rule files with. */
export const schema: Command = {
  usage: "[folder]",
  summary: "write the JSON Schemas that editors complete rule files with",
  details: "They go to the folder's schema/, one for each kind of file; rules/README.md tells how editors find them.",
  async run(args, io) {
    const { positionals: [folder = io.rulesDir] } = parseArguments(args, {}, 1);
    await Deno.mkdir(`${folder}/${SCHEMA_FOLDER}`, { recursive: true });
    for (const [kind, content] of fileSchemas()) {
      await Deno.writeTextFile(`${folder}/${schemaName(kind)}`, `${JSON.stringify(content, null, 2)}\n`);
      io.print(`${folder}/${schemaName(kind)}`);
    }
    return 0;
  },
};
