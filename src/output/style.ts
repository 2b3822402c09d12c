import { styleText } from 'node:util'

/** How text for people looks. */
export interface Style {
  /** Width of the terminal; undefined when the text does not go to one. */
  readonly columns: number | undefined
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
}

/** A style with or without colours. */
export function createStyle(colour: boolean, columns: number | undefined): Style {
  const paint = (format: 'bold' | 'dim' | 'red' | 'green' | 'yellow') => (text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text
  return {
    columns,
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
  }
}
