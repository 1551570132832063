import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { readTarget } from "../../sdk/cli/find-task.ts";
import { inputFromSettings, readInput } from "../../sdk/cli/read-input.ts";

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "drover-cli-input-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe("--set", () => {
  test("a value that is JSON is taken as that, any other as a string", () => {
    const settings = [
      "a=1",
      "b=true",
      "c=null",
      "d=[1,2]",
      'e={"f":1}',
      "g=plain text",
      'h="5"',
      "i=",
      "j=x=y",
    ];
    expect(inputFromSettings(settings)).toEqual({
      a: 1,
      b: true,
      c: null,
      d: [1, 2],
      e: { f: 1 },
      g: "plain text",
      h: "5",
      i: "",
      j: "x=y",
    });
  });

  test("a key with dots makes objects within objects", () => {
    const settings = ["model.name=fast", "items=3", "model.limits.rate=2"];
    expect(inputFromSettings(settings)).toEqual({ model: { name: "fast", limits: { rate: 2 } }, items: 3 });
  });

  test.for(["items", "=1", ".a=1", "a.=1", "a..b=1", "", "__proto__.x=1", "a.__proto__=1"])(
    "%j is refused",
    (setting) => {
      expect(() => inputFromSettings([setting])).toThrow(/A --set is .*; allowed: key=value/);
    },
  );

  test.for([[["a=1", "a=2"]], [["a=1", "a.b=2"]], [["a.b=2", "a=1"]], [['a={"b":1}', "a.c=2"]]] as const)(
    "two values for one key are refused: %j",
    ([settings]) => {
      expect(() => inputFromSettings(settings)).toThrow("allowed: one value for each key");
    },
  );

  test("names that objects are born with are keys like any other", () => {
    const input = inputFromSettings(["constructor=1", "toString.x=2"]);
    expect(Object.entries(input)).toEqual([
      ["constructor", 1],
      ["toString", { x: 2 }],
    ]);
  });

  test("every JSON value is found again at its path", () => {
    const key = fc.stringMatching(/^[a-z]{1,5}$/);
    fc.assert(
      fc.property(
        fc.array(key, { minLength: 1, maxLength: 4 }),
        fc.jsonValue({ noUnicodeString: false }),
        (path, value) => {
          const text = JSON.stringify(value);
          const found = path.reduce<unknown>(
            (place, name) => (place as Record<string, unknown>)[name],
            inputFromSettings([`${path.join(".")}=${text}`]),
          );
          expect(found).toEqual(JSON.parse(text));
        },
      ),
    );
  });
});

describe("an input", () => {
  test("is undefined where none is given", () => {
    expect(readInput({})).toBeUndefined();
    expect(readInput({ set: [] })).toBeUndefined();
  });

  test("is read from JSON, or from a file with or without a byte order mark", () => {
    const file = join(aFolder(), "input.json");
    writeFileSync(file, '\uFEFF{"n": 1}');
    expect(readInput({ input: `@${file}` })).toEqual({ n: 1 });
    expect(readInput({ input: "[1, 2]" })).toEqual([1, 2]);
  });

  test("is refused where it is given in two ways, is no JSON, or is in no file", () => {
    expect(() => readInput({ input: "{}", set: ["a=1"] })).toThrow("either --input or --set");
    expect(() => readInput({ input: "{a: 1}" })).toThrow(/The input is "\{a: 1\}"; allowed: JSON/);
    expect(() => readInput({ input: "@/nowhere.json" })).toThrow(/The input file is "\/nowhere.json"/);
  });
});

describe("FILE:TASK", () => {
  test("is divided at the last colon, unless the whole is a file", () => {
    const folder = aFolder();
    const [plain, odd] = [join(folder, "jobs.ts"), join(folder, "a:b.ts")];
    for (const file of [plain, odd]) writeFileSync(file, "");
    expect(readTarget(`${plain}:score`)).toEqual({ file: plain, task: "score" });
    expect(readTarget(`${plain}:env.score`)).toEqual({ file: plain, task: "env.score" });
    expect(readTarget(plain)).toEqual({ file: plain, task: "" });
    expect(readTarget(odd)).toEqual({ file: odd, task: "" });
    expect(readTarget(`${odd}:score`)).toEqual({ file: odd, task: "score" });
  });

  test("with a file that does not exist, or is a folder, is refused", () => {
    expect(() => readTarget("/nowhere/jobs.ts:score")).toThrow(
      'The file is "/nowhere/jobs.ts"; allowed: a file that exists',
    );
    expect(() => readTarget(`${aFolder()}:score`)).toThrow("allowed: a module, which this is not");
  });
});
