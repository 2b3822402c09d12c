/** Why a file could not be read, in words. */
export function explainRead(code: string | undefined): string {
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'is a directory, not a file'
  if (code === 'EACCES') return 'may not be read by this user'
  return `cannot be read (${code ?? 'unknown error'})`
}
