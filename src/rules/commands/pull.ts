import { parseArguments } from "../../arguments.ts";
import { isStored, readSources as readStored } from "../../store/carriers/settings.ts";
import { hashSources } from "../check.ts";
import { readSources, writeSources } from "../files.ts";
import { resolveVersion } from "../life.ts";
import type { Command } from "./command.ts";
import { CommandError, orFail } from "./stored.ts";

/** `deno task rules pull`: the files of a stored version, for editing. */
export const pull: Command = {
  usage: "[folder] [--version VERSION] [--force]",
  summary: "write the files of the active version to a folder",
  details: `  --version VERSION   this stored version instead
  --force             also when the folder holds changes that are stored nowhere

Rule files that the version does not have are deleted from the folder; other files stay. The task may write to \`rules\` and
\`data\`.`,
  async run(args, io) {
    const { values, positionals: [folder = io.rulesDir] } = parseArguments(args, {
      version: { type: "string" },
      force: { type: "boolean" },
    }, 1);
    const db = await io.database();
    const hash = orFail(await resolveVersion(db, values.version ?? "active"));
    const present = await readSources(folder).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return {};
      throw error;
    });
    const there = hashSources(present);
    if (there === hash) {
      io.print(`${folder} holds ${hash} already.`);
      return 0;
    }
    if (Object.keys(present).length > 0 && !values.force && !await isStored(db.client, there)) {
      throw new CommandError(
        `${folder} holds changes that are stored nowhere and would be lost: propose them, or say --force`,
      );
    }
    const sources = await readStored(db.client, hash);
    try {
      await writeSources(folder, sources);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
      throw new CommandError(
        `The task may write only to \`rules\` and \`data\`, and what is under them; not to ${folder}`,
      );
    }
    io.print(`Wrote ${Object.keys(sources).length} files of ${hash} to ${folder}.`);
    return 0;
  },
};
