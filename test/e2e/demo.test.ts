import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type ScenarioName, scenarios } from '../../src/demo/scenarios.ts'
import { checkAccessibility, checkWidth, launchChromium, openPage, toWebp, type Watched } from './chromium.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

const byoo = join(import.meta.dirname, '../../dist/byoo.js')

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

interface Opened extends Watched {
  /** Of the demo's page. */
  readonly url: string
  readonly forwarderUrl: string
}

/** Starts the bundle, whose page is inside it, and opens it. */
async function openDemo(options: BrowserContextOptions = {}): Promise<Opened> {
  const demo = spawn(process.execPath, [byoo, 'demo', '--json'], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    demo.kill('SIGINT')
    expect(await once(demo, 'close')).toEqual([0, null])
  })
  const [line] = await once(createInterface({ input: demo.stdout }), 'line')
  const { url, forwarder } = JSON.parse(line)
  const watched = await openPage(browser, options)
  await watched.page.goto(url)
  await watched.page.locator('#connect:not([disabled])').waitFor()
  return { ...watched, url, forwarderUrl: forwarder.url }
}

const result = (page: Page) => page.locator('#result')

/** Chooses on the page, and leaves it. */
async function choose(
  page: Page,
  broken: ScenarioName | null,
  place: readonly [string, string] = ['sandbox', 'us'],
) {
  const title = scenarios.find(({ id }) => id === broken)?.title ?? 'Everything right'
  await page.getByRole('radio', { name: place[0], exact: true }).check()
  await page.getByRole('radio', { name: place[1], exact: true }).check()
  await page.getByRole('radio', { name: title, exact: true }).check()
  await page.getByRole('button', { name: 'Connect Acme Fit' }).click()
  await page.waitForURL((address) => address.pathname !== '/')
}

/** Answers Acme Fit's question, if it asks one, and comes back by the way that there is. */
async function comeBack(page: Page, broken: ScenarioName | null) {
  const answer = page.getByRole('button', { name: broken === 'denied_consent' ? 'Deny' : 'Allow' })
  const backLink = page.getByRole('link', { name: 'Back to the demo' })
  await answer.or(backLink).first().waitFor()
  if (await answer.isVisible()) await answer.click()
  await backLink.or(page.locator('#result-heading')).first().waitFor()
  if (await backLink.isVisible()) await backLink.click()
  await doctorIsDone(page)
}

async function doctorIsDone(page: Page) {
  await page.getByText(/\d+ checks passed, /).waitFor()
}

function expectClean({ complaints, hosts }: Watched) {
  expect(complaints).toEqual([])
  expect([...hosts]).toEqual(['127.0.0.1'])
}

describe('the loop in a browser', () => {
  test('connects in production, eu', async () => {
    const [environment, region] = ['production', 'eu'] as const
    const watched = await openDemo()
    const { page } = watched
    await choose(page, null, [environment, region])
    await comeBack(page, null)
    await expect(result(page).getByRole('heading', { level: 2 }).innerText()).resolves.toMatch(
      /^Attempt \d+: Everything right$/,
    )
    expect(await page.locator('#outcome').innerText()).toMatch(/Connected/)
    expect(await page.locator('#outcome').innerText()).toContain(`${environment}/${region}`)
    expect(await page.locator('#hops > li').count()).toBe(9)
    expect(await page.locator('#noticed').innerText()).toBe('Nobody: there is nothing to notice.')
    expect(await page.locator('#doctor').innerText()).toContain('none failed')
    expect(await page.locator('mark').count()).toBe(0)
    // Whoever looks for the next thing to do finds the focus at the result.
    expect(await page.evaluate('document.activeElement.id')).toBe('result-heading')
    expectClean(watched)
  })

  test.each(scenarios.map(({ id }) => id))('explains %s', async (broken) => {
    const watched = await openDemo()
    const { page } = watched
    await choose(page, broken)
    await comeBack(page, broken)
    const facts = scenarios.find(({ id }) => id === broken)
    const by = /region|environment|token/.test(broken) ? 'Junction' : 'Acme Fit'

    expect(await page.locator('#result-heading').innerText()).toContain(facts?.title)
    expect(await page.locator('#outcome').innerText()).toContain('Failed')
    const seen = await page.locator('#seen').innerText()
    const stuck = /wrong_(override|scheme|region|environment)|trailing_slash/.test(broken)
    expect(seen).toMatch(stuck ? /On a page of (Acme Fit|Junction)/ : /In your app/)
    if (!stuck) expect(seen).toMatch(/error_type=\w+/)
    if (!stuck) expect(seen).toMatch(/What to do: /)
    expect(await page.locator('#noticed').innerText()).toBe(`${by}\n\n${facts?.noticed}`)
    expect(await page.locator('#hops > li.fault').count()).toBe(1)
    expect(await page.locator('#hops > li.fault h4').first().innerText()).toContain(`→ ${by}`)
    const doctor = await page.locator('#doctor').innerText()
    if (facts?.undetectable === undefined) expect(doctor).toMatch(/[1-9]\d* failed:/)
    else expect(doctor).toContain(facts.undetectable)
    const bytesDiffer = facts?.undetectable === undefined
    expect((await page.locator('#comparison mark').count()) > 0).toBe(bytesDiffer)
    const secretDiffers = broken === 'wrong_secret'
    expect((await page.locator('#hops mark').count()) > 0).toBe(bytesDiffer || secretDiffers)
    await checkAccessibility(page)
    await checkWidth(page)
    expectClean(watched)
  })

  test('shows the exact bytes of the address that the browser was sent to', async () => {
    const { page, context } = await openDemo()
    const asked: string[] = []
    context.on('request', (request) => asked.push(request.url()))
    await choose(page, null)
    await comeBack(page, null)
    const shown = await page.locator('#hops .bytes').allTextContents()
    const passed = asked.filter((address) => /\/(oauth_callback|link\/connect)\//.test(address))
    expect(passed).toHaveLength(2)
    for (const address of passed) {
      expect(shown).toContain(address)
      expect(shown).toContain(address.replace(/^http:\/\/[^/]+/, ''))
    }
  })

  test('logs in to the app itself at the redirect URI that it shares with Junction', async () => {
    const watched = await openDemo()
    const { page, context, forwarderUrl } = watched
    const asked: string[] = []
    context.on('request', (request) => asked.push(request.url()))
    await page.getByRole('link', { name: 'Log in to the app itself' }).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'You are logged in to the app itself' }).waitFor()
    const shared = asked.filter((address) => address.startsWith(`${forwarderUrl}/app/oauth/oura?`))
    expect(shared.map((address) => address.slice(address.indexOf('?')))).toEqual([new URL(page.url()).search])
    await checkAccessibility(page)
    await checkWidth(page)
    await page.getByRole('link', { name: 'Back to the demo' }).click()
    await page.locator('#connect:not([disabled])').waitFor()
    expectClean(watched)
  })

  test('keeps the result on reload, and lists earlier attempts', async () => {
    const { page, url } = await openDemo()
    await choose(page, 'trailing_slash')
    await comeBack(page, 'trailing_slash')
    const heading = await page.locator('#result-heading').innerText()
    await page.reload()
    await doctorIsDone(page)
    expect(await page.locator('#result-heading').innerText()).toBe(heading)
    expect(await page.getByRole('radio', { name: 'Trailing slash' }).isChecked()).toBe(true)
    await page.goto(url)
    await page.getByRole('link', { name: 'Trailing slash' }).first().waitFor()
    await choose(page, null)
    await comeBack(page, null)
    await page.getByRole('link', { name: 'Trailing slash' }).first().click()
    await doctorIsDone(page)
    expect(await page.locator('#result-heading').innerText()).toBe(heading)
  })

  test('goes on when the user comes back with the Back button', async () => {
    const { page } = await openDemo()
    await choose(page, null)
    await page.goBack()
    await page.getByText('Under way: your user is at Acme Fit').waitFor()
    await choose(page, null)
    await comeBack(page, null)
    expect(await page.locator('#outcome').innerText()).toContain('Connected')
  })
})

test('a scenario that is switched on without an attempt stays on, and connecting ends it', async () => {
  const { page } = await openDemo()
  const active = page.locator('#active')
  expect(await active.innerText()).toMatch(/^No scenario is on/)
  await page.getByRole('radio', { name: 'Trailing slash' }).check()
  await page.getByRole('button', { name: 'Only switch it on' }).click()
  await page.getByText('This scenario is on: Trailing slash.').waitFor()
  await page.reload()
  await page.getByText('This scenario is on: Trailing slash.').waitFor()
  expect(await result(page).isVisible()).toBe(false)
  await choose(page, null)
  await comeBack(page, null)
  expect(await active.innerText()).toMatch(/^No scenario is on/)
})

describe('for everybody', () => {
  const schemes = ['light', 'dark'] as const
  const widths = [320, 768, 1440] as const

  test.each(schemes.flatMap((scheme) => widths.map((width) => [scheme, width] as const)))(
    'every page, %s, %i px wide',
    async (colorScheme, width) => {
      const watched = await openDemo({ colorScheme, viewport: { width, height: 900 } })
      const { page, forwarderUrl } = watched
      const check = async () => {
        await checkAccessibility(page)
        await checkWidth(page)
      }
      await check()
      await choose(page, null)
      await page.getByRole('button', { name: 'Allow' }).waitFor()
      await check()
      await comeBack(page, null)
      await check()
      await page.getByText(/notes and skipped checks/).click()
      await page.getByLabel('Shorten long values').check()
      await check()
      for (const broken of ['wrong_scheme', 'wrong_environment'] as const) {
        await choose(page, broken)
        const allow = page.getByRole('button', { name: 'Allow' })
        const backLink = page.getByRole('link', { name: 'Back to the demo' })
        await allow.or(backLink).first().waitFor()
        if (await allow.isVisible()) await allow.click()
        await backLink.waitFor()
        await check()
        await backLink.click()
        await doctorIsDone(page)
        await check()
      }
      await page.goto(`${forwarderUrl}/nothing`)
      await check()
      expectClean(watched)
    },
  )

  test('the keyboard is enough', async () => {
    const { page } = await openDemo()
    const focused = () =>
      page.evaluate(`({
        name: document.activeElement.value || document.activeElement.textContent,
        outlined: getComputedStyle(document.activeElement).outlineStyle !== 'none',
      })`) as Promise<{ name: string; outlined: boolean }>
    const tabTo = async (name: string | RegExp) => {
      for (let presses = 0; presses < 30; presses += 1) {
        await page.keyboard.press('Tab')
        const found = await focused()
        expect(found).toMatchObject({ outlined: true })
        if (typeof name === 'string' ? found.name === name : name.test(found.name)) return
      }
      throw new Error(`nobody gets to ${name} with the tabulator`)
    }
    await tabTo('sandbox')
    await page.keyboard.press('ArrowDown')
    expect((await focused()).name).toBe('production')
    await page.keyboard.press('ArrowUp')
    await tabTo('us')
    await page.keyboard.press('Tab')
    for (const { id } of scenarios) {
      await page.keyboard.press('ArrowDown')
      expect((await focused()).name).toBe(id)
      if (id === 'wrong_secret') break
    }
    await tabTo('Connect Acme Fit')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Allow' }).waitFor()
    await tabTo('allow')
    await page.keyboard.press('Enter')
    await doctorIsDone(page)
    expect(await page.evaluate('document.activeElement.id')).toBe('result-heading')
    expect(await page.locator('#result-heading').innerText()).toContain('Wrong client secret')
    await tabTo(/^\d+ notes and skipped checks$/)
    await page.keyboard.press('Enter')
    await page.getByText('this redirect URI must be registered').waitFor()
    await tabTo('Copy')
  })

  test('Enter in the form connects', async () => {
    const { page } = await openDemo()
    await page.getByRole('radio', { name: 'eu', exact: true }).check()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Allow' }).waitFor()
  })

  test('screen readers hear what happens, which bytes differ, and what the choices are', async () => {
    const { page } = await openDemo()
    const tree = await page.locator('main').ariaSnapshot()
    for (const expected of [
      'group "Junction environment"',
      'group "Junction region"',
      'group "Scenario"',
      'region "Connect a user"',
      'button "Connect Acme Fit"',
      'button "Only switch it on"',
      'heading "Connect a user" [level=2]',
    ]) {
      expect(tree).toContain(expected)
    }
    await choose(page, 'wrong_scheme')
    await comeBack(page, 'wrong_scheme')
    const after = await page.locator('main').ariaSnapshot()
    expect(after).toMatch(/status: "?Attempt \d+: Failed, and your app was told nothing\./)
    expect(after).toContain('differs:')
    expect(after).toContain('list "Every hop, byte for byte"')
  })

  test('nothing moves for people who do not want that', async () => {
    const { page } = await openDemo({ reducedMotion: 'reduce' })
    expect(
      await page.evaluate(
        `[...document.querySelectorAll('*')].filter((element) => {
          const { transitionDuration, animationName } = getComputedStyle(element)
          return transitionDuration !== '0s' || animationName !== 'none'
        }).length`,
      ),
    ).toBe(0)
  })
})

describe('the page', () => {
  test('copies the line, or selects it where copying is forbidden', async () => {
    const { page, context, url } = await openDemo()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('radio', { name: 'production', exact: true }).check()
    const line = await page.locator('#shell-line').innerText()
    expect(line).toMatch(/^eval "\$\(node \S+ demo --env production\/us\)"$/)
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByText('Copied.').waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(line)

    const { page: other } = await openPage(browser)
    await other.addInitScript(
      "Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject(new Error('no')) } })",
    )
    await other.goto(url)
    await other.getByRole('button', { name: 'Copy' }).click()
    await other.getByText('the line is selected').waitFor()
    expect(await other.evaluate('String(getSelection())')).toBe(
      await other.locator('#shell-line').innerText(),
    )
  })

  test('runs nothing but its own script', async () => {
    const { page, complaints } = await openDemo()
    await page.evaluate(`{
      const script = document.createElement('script')
      script.textContent = 'window.injected = true'
      document.body.append(script)
      document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.injected = true">')
    }`)
    expect(await page.evaluate('window.injected')).toBeUndefined()
    await vi.waitFor(() => expect(complaints.join()).toContain('Content Security Policy'))
    await expect(page.evaluate("fetch('http://127.0.0.1:1/')")).rejects.toThrow('Failed to fetch')
  })

  test('says so when an attempt is of another run, and when the demo does not answer', async () => {
    const { page, context, url } = await openDemo()
    await page.goto(`${url}/?attempt=of-yesterday`)
    await page.getByRole('status').getByText('This attempt is of another run of byoo demo').waitFor()
    await context.route('**/attempts', (route) => route.abort())
    await page.getByRole('button', { name: 'Connect Acme Fit' }).click()
    await page.getByRole('status').getByText('is byoo demo still running?').waitFor()
    await context.unroute('**/attempts')
    await page.getByRole('button', { name: 'Connect Acme Fit' }).click()
    await page.getByRole('button', { name: 'Allow' }).waitFor()
  })
})

test('looks as README.md shows it; BYOO_SCREENSHOT=1 takes the picture anew', async () => {
  const file = join(import.meta.dirname, '../../src/demo/screenshot.webp')
  const { page } = await openDemo({ viewport: { width: 1200, height: 895 }, colorScheme: 'light' })
  await choose(page, 'reencoding_forwarder')
  await comeBack(page, 'reencoding_forwarder')
  const picture = await page.screenshot()
  if (process.env.BYOO_SCREENSHOT) writeFileSync(file, await toWebp(browser, picture))
  expect(readFileSync(file).subarray(8, 15).toString()).toBe('WEBPVP8')
  expect(readFileSync(file).length).toBeLessThan(150_000)
  expect(readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')).toContain(
    '(src/demo/screenshot.webp)',
  )
})

test('the form stays in sight where all of it fits, and only there', async () => {
  const { page } = await openDemo({ viewport: { width: 1280, height: 900 } })
  await choose(page, 'wrong_scheme')
  await comeBack(page, 'wrong_scheme')
  const bottom = () => page.evaluate("document.querySelector('#try').getBoundingClientRect().bottom")
  await page.evaluate('scrollTo(0, 700)')
  expect(await bottom()).toBeLessThanOrEqual(900)
  expect(await bottom()).toBeGreaterThan(0)
  await page.setViewportSize({ width: 1280, height: 600 })
  await page.evaluate('scrollTo(0, 1200)')
  expect(await bottom()).toBeLessThan(0)
})
