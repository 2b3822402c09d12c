/** Words as one line that a POSIX shell reads back as the same words. Everything printed to be pasted goes through it. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ')
}

/** A word as a POSIX shell takes it literally. `<path>` stays as it is: a person replaces it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$|^<[a-z ]+>$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
