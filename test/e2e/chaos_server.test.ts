import { keepsEveryPromise } from "../support/chaos.ts";

keepsEveryPromise("two instances on a libSQL server", "server", 2);
