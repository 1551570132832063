/**
 * The contract of the ports: one suite that every backend runs unchanged. What a test here relies on is promised in
 * sdk/ports.ts, and what is promised there is tried here, for the engine may rely on all of it and on nothing else.
 *
 * Tests share one backend, under names of their own, so that they also see what others leave behind. None of them
 * needs a fast machine: waits end early when what they wait for comes, and only lower bounds of time are checked.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { blobsContract } from "./blobs.ts";
import { catalogContract } from "./catalog.ts";
import { changesContract } from "./changes.ts";
import type { ContractBackend, MakeBackend } from "./harness.ts";
import { journalContract } from "./journal.ts";
import { leasesContract } from "./leases.ts";
import { mailboxContract } from "./mailbox.ts";
import { queueContract } from "./queue.ts";
import { reopenContract } from "./reopen.ts";
import { runsContract, specsContract } from "./runs-and-specs.ts";
import { statesContract } from "./states.ts";

const testMsMax = 20_000;

/** Declares the tests of all ports for one backend. */
export function contractSuite(name: string, makeBackend: MakeBackend): void {
  describe(name, { timeout: testMsMax }, () => {
    let backend: ContractBackend | null = null;
    const provide = (): ContractBackend => {
      if (backend === null) throw new Error("The backend is open only while tests run.");
      return backend;
    };
    beforeAll(async () => {
      backend = await makeBackend();
    }, testMsMax);
    afterAll(async () => {
      await backend?.close();
    }, testMsMax);

    runsContract(provide);
    specsContract(provide);
    statesContract(provide);
    journalContract(provide);
    mailboxContract(provide);
    blobsContract(provide);
    queueContract(provide);
    leasesContract(provide);
    changesContract(provide);
    catalogContract(provide);
    reopenContract(makeBackend);
  });
}
