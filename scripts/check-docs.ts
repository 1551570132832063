/**
 * Fails unless everything that the doors export has a docstring, and so have nearly all members of what users meet. That
 * the examples in them are true is checked by `test/docs`. `--verbose` names the members without one.
 */
import { doors, type PublicExport, publicExports } from "./public-api.ts";

const memberPercentMin = 95;

/** What hosts meet are records of the engine, which say the same in fewer words. */
const hostDoor = "drover/host";

const exported = publicExports();
const undocumented = exported.filter((one) => !one.isDocumented);
const met = exported.filter((one) => one.door !== hostDoor);
const members = met.flatMap((one) => one.members.map((member) => ({ ...member, owner: one })));
const bareMembers = members.filter((member) => !member.isDocumented);

for (const one of undocumented) {
  console.error(`no docstring: ${one.kind} ${one.name} of ${one.door} (${one.place})`);
}
const memberPercent = percent(members.length - bareMembers.length, members.length);
const isBelow = memberPercent < memberPercentMin;
if (isBelow || process.argv.includes("--verbose")) {
  for (const { owner, name } of bareMembers)
    console.error(`no docstring: ${owner.name}.${name} (${owner.place})`);
}

for (const door of doors()) {
  console.log(
    lineOf(
      door,
      exported.filter((one) => one.door === door),
    ),
  );
}
console.log(
  `docs: members ${members.length - bareMembers.length} of ${members.length} (${memberPercent} %, at least ${memberPercentMin} %)`,
);
process.exitCode = undocumented.length > 0 || isBelow ? 1 : 0;

function lineOf(door: string, exports: readonly PublicExport[]): string {
  const documented = exports.filter((one) => one.isDocumented).length;
  const examples = exports.reduce((sum, one) => sum + one.examples.length, 0);
  const share = percent(documented, exports.length);
  return `docs: ${door} ${documented} of ${exports.length} exports (${share} %), ${examples} examples`;
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.floor((part / whole) * 100);
}
