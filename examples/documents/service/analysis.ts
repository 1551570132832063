import { createHash } from "node:crypto";
import type { ItemSuccess, SubmittedDocument } from "./protocol.ts";

/** What the vendor sells: a few facts about a document, and nothing in them but the document itself. */
export function analyse({ id, text }: SubmittedDocument): ItemSuccess {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  return {
    id,
    ok: true,
    words: words.length,
    topWord: mostFrequent(words.filter((word) => word.length >= 4)),
    language: languageOf(text, words),
    licence: licenceOf(text),
    digest: createHash("sha256").update(text).digest("hex"),
  };
}

function mostFrequent(words: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  let best: string | null = null;
  let bestCount = 0;
  for (const [word, count] of counts) {
    if (count > bestCount || (count === bestCount && best !== null && word < best)) {
      best = word;
      bestCount = count;
    }
  }
  return best;
}

/** Words so common that a page in the language can hardly do without them, and that the others do not share. */
const commonWords: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set(["the", "and", "of", "to", "is", "with", "this", "for"]),
  de: new Set(["der", "und", "die", "ist", "nicht", "mit", "für", "ein"]),
  fr: new Set(["le", "les", "et", "est", "pour", "une", "dans", "avec"]),
  es: new Set(["el", "los", "y", "es", "para", "una", "con", "por"]),
};

function languageOf(text: string, words: readonly string[]): string | null {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (share(text, /[\p{Script=Hiragana}\p{Script=Katakana}]/gu, letters) > 0.05) return "ja";
  if (share(text, /\p{Script=Han}/gu, letters) > 0.1) return "zh";
  if (share(text, /\p{Script=Cyrillic}/gu, letters) > 0.3) return "ru";
  let best: string | null = null;
  let bestHits = 0;
  for (const [language, common] of Object.entries(commonWords)) {
    const hits = words.filter((word) => common.has(word)).length;
    if (hits > bestHits) {
      best = language;
      bestHits = hits;
    }
  }
  return best;
}

function share(text: string, script: RegExp, letters: number): number {
  return letters === 0 ? 0 : (text.match(script)?.length ?? 0) / letters;
}

/** A sentence that only this licence has. The order matters: the first that matches wins. */
const licenceSentences: readonly (readonly [string, RegExp])[] = [
  ["Apache-2.0", /apache license,? version 2\.0, january 2004/i],
  ["MPL-2.0", /mozilla public license,? version 2\.0 =/i],
  ["LGPL", /gnu lesser general public license version \d/i],
  ["GPL", /gnu general public license version \d/i],
  ["BlueOak-1.0.0", /blue oak model license/i],
  ["CC0-1.0", /cc0 1\.0 universal/i],
  ["CC-BY-4.0", /creative commons attribution 4\.0 international public license/i],
  ["Python-2.0", /python software foundation license version 2/i],
  ["Unlicense", /this is free and unencumbered software released into the public domain/i],
  ["MIT", /permission is hereby granted, free of charge, to any person obtaining a copy/i],
  [
    "ISC",
    /permission to use, copy, modify, and(?:\/or)? distribute this software .{0,80} provided that the above copyright/i,
  ],
  ["0BSD", /permission to use, copy, modify, and(?:\/or)? distribute this software for any purpose/i],
  ["BSD-3-Clause", /redistribution and use in source and binary forms.* neither the name/i],
  ["BSD-2-Clause", /redistribution and use in source and binary forms/i],
];

/** How a README names its licence: the word, then within a line or two an SPDX name. */
const licenceMention =
  /licen[cs]ed?\b.{0,80}?\b(MIT|ISC|0BSD|Apache-2\.0|MPL-2\.0|BSD-[23]-Clause|Unlicense)\b/i;

function licenceOf(text: string): string | null {
  const flat = text.replaceAll(/\s+/g, " ");
  const stated = licenceSentences.find(([, sentence]) => sentence.test(flat));
  if (stated !== undefined) return stated[0];
  return licenceMention.exec(flat)?.[1] ?? null;
}
