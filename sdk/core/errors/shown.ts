const shownLengthMax = 120;

/** A value as a message shows it: strings in quotes, long ones cut, and never an error of its own. */
export function shown(value: unknown): string {
  const text = asText(value);
  return text.length <= shownLengthMax ? text : `${text.slice(0, shownLengthMax)}…`;
}

function asText(value: unknown): string {
  if (typeof value === "function") return `the function ${value.name || "(anonymous)"}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" && typeof value !== "string") return String(value);
  try {
    return (
      JSON.stringify(typeof value === "string" ? value.slice(0, shownLengthMax + 1) : value) ??
      "something without a text"
    );
  } catch {
    return Array.isArray(value) ? "an array" : "an object";
  }
}
