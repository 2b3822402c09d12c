import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, 'page')

/** The names of the page's files. bin/build.ts puts their texts in place of this module. */
export const pageFiles = {
  'index.html': read('index.html'),
  'app.js': read('app.js'),
  'style.css': read('style.css'),
  'icon.svg': read('icon.svg'),
}

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}
