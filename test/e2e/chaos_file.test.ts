import { keepsEveryPromise } from "../support/chaos.ts";

keepsEveryPromise("one instance on a file", "file", 3);
