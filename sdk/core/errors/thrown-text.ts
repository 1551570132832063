const textLengthMax = 1_000;

/** A text of at most so many characters; one that was cut says so, and is not cut again. */
export function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const note = `… [cut; it had ${text.length} characters]`;
  return text.slice(0, lengthMax - note.length) + note;
}

/** A short text for anything that was thrown. Never throws. */
export function thrownText(thrown: unknown): string {
  return cut(textOf(thrown), textLengthMax);
}

function textOf(thrown: unknown): string {
  try {
    if (typeof thrown === "object" && thrown !== null && !Error.isError(thrown)) {
      return JSON.stringify(thrown) ?? String(thrown);
    }
    return String(thrown);
  } catch {
    return `something without a text (${typeof thrown})`;
  }
}
