/** What a callback written by hand does to a query: `decodeURIComponent`, and a redirect that encodes the rest. */
export function reEncode(location: string): string {
  const question = location.indexOf('?')
  if (question === -1) return location
  const query = location.slice(question)
  try {
    return location.slice(0, question) + encodeURI(decodeURIComponent(query))
  } catch {
    return location
  }
}
