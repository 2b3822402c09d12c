/** What JSON.stringify leaves as it is and a terminal could obey, or show wrongly in another encoding. */
const unescaped = /[\x7f-\uffff]/g

/** One JSON object and a newline, safe to show on a terminal. A field that is undefined is null. */
export function renderJson(data: object, indentation = 2): string {
  return `${inlineJson(data, indentation)}\n`
}

/** A JSON value, safe to show on a terminal. A field that is undefined is null. */
export function inlineJson(value: unknown, indentation = 0): string {
  const nullify = (_key: string, field: unknown) => (field === undefined ? null : field)
  return JSON.stringify(value, nullify, indentation).replace(
    unescaped,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
