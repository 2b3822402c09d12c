/** The values of one parameter in a query, exactly as they stand there. */
export function rawValues(query: string, name: string): string[] {
  return query.split('&').flatMap((pair) => {
    const equals = pair.indexOf('=')
    return equals !== -1 && decodeForm(pair.slice(0, equals)) === name ? [pair.slice(equals + 1)] : []
  })
}

/** What a form field says (application/x-www-form-urlencoded); what is no escape stands for itself. */
export function decodeForm(raw: string): string {
  return new URLSearchParams(`value=${raw.replaceAll('&', '%26')}`).get('value') ?? ''
}

/** What follows the first question mark of a request target. */
export function queryOf(target: string): string {
  const question = target.indexOf('?')
  return question === -1 ? '' : target.slice(question + 1)
}
