import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PolicyError } from "../../sdk/core/errors.ts";
import { normaliseResources, type Resources } from "../../sdk/core/resources.ts";

const owner = 'environment "scoring"';
const nothing = { cpuMillis: null, memoryBytes: null, gpu: null, diskBytes: null, shmBytes: null };

describe("normaliseResources", () => {
  it.each<[Resources | undefined, object]>([
    [undefined, {}],
    [{}, {}],
    [{ cpu: 1 }, { cpuMillis: 1_000 }],
    [{ cpu: 0.25 }, { cpuMillis: 250 }],
    [{ cpu: 0.29 }, { cpuMillis: 290 }],
    [{ cpu: "500m" }, { cpuMillis: 500 }],
    [{ cpu: "2" }, { cpuMillis: 2_000 }],
    [{ cpu: "1.5" }, { cpuMillis: 1_500 }],
    [{ memory: "2Gi" }, { memoryBytes: 2 ** 31 }],
    [{ disk: "20Gi" }, { diskBytes: 20 * 2 ** 30 }],
    [{ shm: "64Mi" }, { shmBytes: 2 ** 26 }],
    [
      { memory: "64Mi", shm: "64Mi" },
      { memoryBytes: 2 ** 26, shmBytes: 2 ** 26 },
    ],
    [{ gpu: 0 }, {}],
    [{ gpu: 2 }, { gpu: { kind: null, count: 2 } }],
    [{ gpu: "T4" }, { gpu: { kind: "T4", count: 1 } }],
    [{ gpu: "A100 80G:8" }, { gpu: { kind: "A100 80G", count: 8 } }],
  ])("%j is read, and what is left out stays null", (resources, amounts) => {
    expect(normaliseResources(resources, owner)).toEqual({ ...nothing, ...amounts });
  });

  it("cores as a number, as text and in thousandths mean the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_024_000 }), (millis) => {
        for (const cpu of [millis / 1_000, `${millis / 1_000}`, `${millis}m`]) {
          expect(normaliseResources({ cpu }, owner).cpuMillis).toBe(millis);
        }
      }),
    );
  });

  it.each([
    ["no cpu", { cpu: 0 }],
    ["negative cpu", { cpu: -1 }],
    ["cpu finer than a thousandth", { cpu: 0.0005 }],
    ["half a thousandth more", { cpu: "1.5m" }],
    ["cpu that is NaN", { cpu: Number.NaN }],
    ["infinite cpu", { cpu: Number.POSITIVE_INFINITY }],
    ["cpu beyond the limit", { cpu: 1_025 }],
    ["cpu in words", { cpu: "one" }],
    ["a request and a limit of cpu", { cpu: [1, 2] }],
    ["memory without a unit", { memory: "512" }],
    ["memory of two bytes", { memory: 2 }],
    ["null memory", { memory: null }],
    ["no disk", { disk: "0B" }],
    ["more shm than memory", { memory: "64Mi", shm: "65Mi" }],
    ["a negative gpu", { gpu: -1 }],
    ["half a gpu", { gpu: 0.5 }],
    ["too many gpus", { gpu: 65 }],
    ["a kind of gpu, none of it", { gpu: "T4:0" }],
    ["a gpu without a kind", { gpu: ":2" }],
    ["a number of gpus in quotes", { gpu: "2" }],
    ["an unknown field", { mem: "2Gi" }],
    ["no object", "2Gi"],
    ["null", null],
  ])("%s is refused, with the owner's name", (_, resources) => {
    const normalise = () => normaliseResources(resources as unknown as Resources, owner);
    expect(normalise).toThrow(PolicyError);
    expect(normalise).toThrow(/environment "scoring"/);
  });
});
