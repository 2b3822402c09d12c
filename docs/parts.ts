import { readFileSync, writeFileSync } from 'node:fs'

/** The name of a part is in both of its markers: `<!-- NAME: written by … -->` and `<!-- NAME end -->`. */
const part = /(<!-- ([\w-]+): written by [^>]* -->\n)[\s\S]*?(<!-- \2 end -->)/g

/** Markdown whose parts are what `render` says; undefined leaves one as it is. */
export function fillParts(markdown: string, render: (name: string) => string | undefined): string {
  return markdown.replace(part, (whole, start: string, name: string, end: string) => {
    const content = render(name)
    return content === undefined ? whole : `${start}${content.trim()}\n${end}`
  })
}

/** Writes one part of a Markdown file. */
export function writePart(file: string, name: string, content: string): void {
  const markdown = readFileSync(file, 'utf8')
  if (!markdown.includes(`<!-- ${name} end -->`)) throw new Error(`${file} has no part called ${name}`)
  writeFileSync(
    file,
    fillParts(markdown, (found) => (found === name ? content : undefined)),
  )
}
