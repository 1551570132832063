import { describe, expect, test } from "vitest";
import { driverSize } from "../../infra/driver-size.ts";
import { fargateSize } from "../../infra/fargate-size.ts";
import { normaliseResources, type Resources } from "../../sdk/core/resources.ts";

const what = 'environment "scoring"';
const fargate = (resources: Resources) => fargateSize(normaliseResources(resources, what), what);
const driver = (resources: Resources, image: string | null = null) =>
  driverSize({
    name: "scoring",
    resources: normaliseResources(resources, what),
    image,
    reusable: null,
    dependsOn: [],
    description: null,
  });

describe("the Fargate task of an environment", () => {
  test.each<[Resources, number, number]>([
    [{}, 1_024, 2_048],
    [{ cpu: 0.25, memory: "512Mi" }, 256, 512],
    [{ cpu: "250m", memory: "513Mi" }, 256, 1_024],
    [{ memory: "512Mi" }, 256, 512],
    [{ memory: "1Gi" }, 256, 1_024],
    [{ memory: "3Gi" }, 512, 3_072],
    [{ cpu: 1 }, 1_024, 2_048],
    [{ cpu: 1, memory: "512Mi" }, 1_024, 2_048],
    [{ cpu: 1, memory: "2Gi" }, 1_024, 2_048],
    [{ cpu: 1, memory: "2500Mi" }, 1_024, 3_072],
    [{ cpu: 1, memory: "8Gi" }, 1_024, 8_192],
    [{ cpu: 1, memory: "16Gi" }, 2_048, 16_384],
    [{ cpu: 1.5 }, 2_048, 4_096],
    [{ cpu: 4, memory: "30Gi" }, 4_096, 30_720],
    [{ cpu: 4, memory: "31Gi" }, 8_192, 32_768],
    [{ cpu: 8, memory: "17Gi" }, 8_192, 20_480],
    [{ cpu: 8, memory: "60Gi" }, 8_192, 61_440],
    [{ cpu: 8, memory: "61Gi" }, 16_384, 65_536],
    [{ cpu: 16, memory: "120Gi" }, 16_384, 122_880],
  ])("for %j has %i units of processor and %i MiB", (resources, cpuUnits, memoryMiB) => {
    expect(fargate(resources)).toEqual({ cpuUnits, memoryMiB, diskGiB: null });
  });

  test("is never smaller than what was asked for, and always one that Fargate has", () => {
    const table = new Map([
      [256, [512, 1_024, 2_048]],
      [512, range(1, 4, 1)],
      [1_024, range(2, 8, 1)],
      [2_048, range(4, 16, 1)],
      [4_096, range(8, 30, 1)],
      [8_192, range(16, 60, 4)],
      [16_384, range(32, 120, 8)],
    ]);
    for (let cpu = 100; cpu <= 16_000; cpu += 379) {
      for (let memory = 100; memory <= 122_880; memory += 1_237) {
        const { cpuUnits, memoryMiB } = fargate({ cpu: `${cpu}m`, memory: `${memory}Mi` });
        expect(table.get(cpuUnits), `${cpuUnits}`).toContain(memoryMiB);
        expect(cpuUnits).toBeGreaterThanOrEqual(cpu * 1.024);
        expect(memoryMiB).toBeGreaterThanOrEqual(memory);
      }
    }
  });

  test.each<[string, number | null]>([
    ["5Gi", null],
    ["20Gi", null],
    ["21Gi", 21],
    ["20500Mi", 21],
    ["200Gi", 200],
  ])("with a disk of %s asks for %s GiB", (disk, diskGiB) => {
    expect(fargate({ disk }).diskGiB).toBe(diskGiB);
  });

  test.each<[Resources, RegExp]>([
    [{ cpu: 17 }, /Resources of environment "scoring".*17 cores.*at most 16 cores and 120Gi/],
    [{ memory: "121Gi" }, /123904Mi.*at most 16 cores and 120Gi/],
    [{ disk: "201Gi" }, /disk of environment "scoring".*201Gi.*at most 200Gi/],
    [{ gpu: "T4:1" }, /gpu of environment "scoring".*Fargate has no GPUs/],
    [{ memory: "2Gi", shm: "64Mi" }, /shm of environment "scoring".*shared memory/],
  ])("for %j is refused with what there is", (resources, message) => {
    expect(() => fargate(resources)).toThrow(message);
  });

  function range(fromGiB: number, toGiB: number, stepGiB: number): number[] {
    return Array.from(
      { length: (toGiB - fromGiB) / stepGiB + 1 },
      (_, step) => (fromGiB + step * stepGiB) * 1_024,
    );
  }
});

describe("the driver of an environment", () => {
  test.each<[Resources, number, number]>([
    [{}, 1_769, 512],
    [{ memory: "256Mi" }, 512, 512],
    [{ memory: "4Gi" }, 4_096, 512],
    [{ cpu: 2, memory: "1Gi" }, 3_538, 512],
    [{ memory: "10Gi", disk: "10Gi" }, 10_240, 10_240],
  ])("is for %j a function of %i MiB with %i MiB of disk", (resources, memoryMiB, diskMiB) => {
    expect(driver(resources)).toEqual({ memoryMiB, diskMiB });
  });

  test.each<Resources>([{ memory: "10241Mi" }, { cpu: 6 }, { disk: "11Gi" }])(
    "is for %j a container, for a function has less",
    (resources) => {
      expect(driver(resources)).toBeNull();
    },
  );

  test("is a container where the environment names an image", () => {
    expect(driver({}, "example/tools:1")).toBeNull();
  });
});
