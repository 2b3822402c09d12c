// @ts-check
/** @import { AttemptView, HopView, Outcome } from '../attempt.ts' */
/** @import { DemoView } from '../backend.ts' */
/** @import { Piece } from '../differences.ts' */
/** @import { Party } from '../timeline.ts' */

/** @type {Record<Party, string>} */
const names = {
  app: 'Your app',
  browser: 'Browser',
  provider: 'Acme Fit',
  forwarder: 'byoo',
  junction: 'Junction',
}
/** Left to right, as the lanes of the timeline. */
const lanes = /** @type {Party[]} */ (Object.keys(names))

/** Sign and words: neither colour nor sign stands alone. @type {Record<Outcome, [sign: string, words: string]>} */
const outcomes = {
  'under way': ['…', 'Under way: your user is at Acme Fit'],
  connected: ['✓', 'Connected'],
  failed: ['✗', 'Failed, and your app was told why'],
  'stuck on an error page': ['✗', 'Failed, and your app was told nothing'],
  replaced: ['–', 'Given up: another attempt was started'],
}

/** Milliseconds between two looks at an attempt that is not over. */
const pollInterval = 400
/** Bytes of a value that may be shortened. */
const longValue = 60
/** The attempt that the user has left this page for. */
const leftFor = 'byoo-demo-attempt'

/**
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 */
function find(id) {
  return /** @type {Kind} */ (document.getElementById(id))
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string | null)} children
 */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children.filter((child) => child !== null))
  return made
}

/**
 * @param {string} path
 * @param {unknown} [body]
 */
async function ask(path, body) {
  const options =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  let answer
  try {
    answer = await fetch(path, options)
  } catch {
    throw new Error('The demo does not answer: is byoo demo still running?')
  }
  const json = await answer.json()
  if (!answer.ok) throw new Error(json.error)
  return json
}

/** @param {string} id */
function pageOf(id) {
  return `/?attempt=${encodeURIComponent(id)}`
}

/** Tells a person and a screen reader. @param {string} text @param {'progress' | 'copied'} place */
function say(text, place = 'progress') {
  find(place).textContent = text
}

/**
 * Bytes as they are; lines may break before a parameter, and what changed is marked.
 * @param {readonly Piece[]} pieces
 */
function bytes(pieces) {
  const code = element('code', { class: 'bytes' })
  for (const { text, changed } of pieces) {
    const part = changed ? element('mark', {}) : code
    for (const run of text.split(/(?=[?&])/)) {
      const [, sign, name, rest = ''] = /^([?&])([\w.-]+)(=.*)$/s.exec(run) ?? []
      if (sign === undefined) part.append(run)
      else {
        const bold = element('b', {}, name ?? '')
        part.append(
          document.createElement('wbr'),
          ...(rest.length > longValue
            ? [element('span', { class: 'parameter' }, sign, bold, element('span', { class: 'long' }, rest))]
            : [sign, bold, rest]),
        )
      }
    }
    if (changed) code.append(part)
  }
  return code
}

/** @param {HopView} hop */
function arrow({ from, to, method, status }) {
  const [start, end] = [lanes.indexOf(from), lanes.indexOf(to)]
  const back = end < start
  const line = element(
    'span',
    { class: back ? 'arrow back' : 'arrow' },
    element('span', {}, `${method} · ${status}`),
  )
  line.style.setProperty('--first', String(Math.min(start, end) + 1))
  line.style.setProperty('--last', String(Math.max(start, end) + 2))
  return element('div', { class: 'lanes', 'aria-hidden': 'true' }, line)
}

/** @param {HopView['headers'][number]} header */
function headerLine({ name, value }) {
  return element('div', { class: 'header' }, element('code', {}, `${name}: `), bytes(value))
}

/** @param {HopView} hop */
function hopItem(hop) {
  const { from, to, title, method, target, headers, body, status, location, fault } = hop
  const end = element('span', { class: 'status' }, `→\u00a0${status}`)
  return element(
    'li',
    fault === null ? {} : { class: 'fault' },
    element('h4', {}, element('b', {}, `${names[from]} → ${names[to]}`), ` ${title}`),
    arrow(hop),
    element(
      'dl',
      { class: 'wire' },
      element('dt', {}, 'Request'),
      element(
        'dd',
        {},
        element('code', {}, element('b', {}, `${method} `)),
        bytes(target),
        ' ',
        end,
        ...headers.map(headerLine),
      ),
      ...(body === null ? [] : [element('dt', {}, 'Body'), element('dd', {}, element('code', {}, body))]),
      ...(location === null ? [] : [element('dt', {}, 'Location'), element('dd', {}, bytes(location))]),
    ),
    fault === null ? null : element('p', { class: 'fault' }, element('strong', {}, 'Noticed here. '), fault),
  )
}

/** @param {readonly HopView[]} hops */
function showHops(hops) {
  const heads = lanes.map((lane) => element('span', {}, names[lane]))
  find('lane-names').replaceChildren(...heads)
  find('hops').replaceChildren(...hops.map(hopItem))
}

/** @param {AttemptView['seen']} seen */
function showSeen(seen) {
  if (seen === null) return find('seen').replaceChildren(element('p', {}, 'Nothing yet.'))
  const { at, title, text, parameters, explanation } = seen
  find('seen').replaceChildren(
    element(
      'div',
      { class: 'screen' },
      element('p', { class: 'place' }, at === 'app' ? 'In your app' : `On a page of ${names[at]}`),
      element('p', {}, element('strong', {}, title)),
      element('p', {}, text),
    ),
    ...(parameters.length === 0
      ? []
      : [
          element('p', {}, 'Your app was called with'),
          element(
            'ul',
            { class: 'parameters' },
            ...parameters.map(([name, value]) => element('li', {}, element('code', {}, `${name}=${value}`))),
          ),
        ]),
    ...(explanation === null
      ? []
      : [
          element('p', {}, element('code', {}, explanation.code), `: ${explanation.meaning}.`),
          element('p', {}, `What to do: ${explanation.advice}.`),
        ]),
  )
}

/** @param {AttemptView} attempt */
function showNoticed({ noticed, outcome }) {
  const nobody = outcome === 'connected' ? 'Nobody: there is nothing to notice.' : 'Nobody yet.'
  find('noticed').replaceChildren(
    ...(noticed === null
      ? [element('p', {}, nobody)]
      : [element('p', {}, element('strong', {}, names[noticed.by])), element('p', {}, noticed.text)]),
  )
}

/** @param {AttemptView['doctor']['findings']} findings */
function findingList(findings) {
  return element(
    'ul',
    { class: 'findings' },
    ...findings.map(({ status, message, advice, command }) =>
      element(
        'li',
        { class: status },
        element('strong', {}, status === 'manual' ? 'for you' : status),
        ` ${message}`,
        advice === null ? null : element('p', {}, advice),
        command === null ? null : element('p', {}, element('code', {}, command)),
      ),
    ),
  )
}

/** @param {AttemptView['doctor']} doctor */
function showDoctor({ command, status, findings, passed, undetectable, reason }) {
  const failed = findings.filter((finding) => finding.status === 'failed')
  const others = findings.filter((finding) => finding.status !== 'failed')
  const words = {
    later: 'It is asked once the attempt is over.',
    running: 'It is looking …',
    failed: reason ?? '',
    done:
      failed.length === 0
        ? `${passed} checks passed, none failed.`
        : `${passed} checks passed, ${failed.length} failed:`,
  }
  find('doctor').replaceChildren(
    element('p', {}, element('code', {}, command)),
    element('p', {}, words[status]),
    failed.length === 0 ? '' : findingList(failed),
    ...(undetectable === null ? [] : [element('p', {}, undetectable)]),
    others.length === 0
      ? ''
      : element(
          'details',
          {},
          element('summary', {}, `${others.length} notes and skipped checks`),
          findingList(others),
        ),
  )
}

/** @param {AttemptView['comparison']} comparison */
function showComparison(comparison) {
  if (comparison === null) return find('comparison').replaceChildren()
  const { title, expected, received } = comparison
  find('comparison').replaceChildren(
    element('h4', {}, title),
    element(
      'dl',
      {},
      ...[expected, received].flatMap(({ label, bytes: shown }) => [
        element('dt', {}, label),
        element('dd', {}, bytes(shown)),
      ]),
    ),
  )
}

/** @param {AttemptView} attempt */
function showAttempt(attempt) {
  const [sign, words] = outcomes[attempt.outcome]
  find('result').hidden = false
  find('skip').hidden = false
  find('result-heading').textContent = `Attempt ${attempt.number}: ${attempt.title}`
  find('outcome').className = `outcome ${attempt.outcome.replaceAll(' ', '-')}`
  find('outcome').replaceChildren(
    element('span', { class: 'sign', 'aria-hidden': 'true' }, sign),
    element('b', {}, words),
    attempt.environment,
  )
  showSeen(attempt.seen)
  showNoticed(attempt)
  showDoctor(attempt.doctor)
  showComparison(attempt.comparison)
  showHops(attempt.hops)
}

/** @param {AttemptView} attempt */
function isOver({ outcome, doctor }) {
  return (
    outcome === 'replaced' ||
    (outcome !== 'under way' && doctor.status !== 'running' && doctor.status !== 'later')
  )
}

/** Shows an attempt and looks again until there is nothing more to come. @param {string} id */
async function follow(id) {
  for (let first = true; ; first = false) {
    /** @type {AttemptView} */
    const attempt = await ask(`/attempts/${encodeURIComponent(id)}`)
    showAttempt(attempt)
    if (first) select(attempt)
    if (attempt.outcome !== 'under way' && sessionStorage.getItem(leftFor) === id) {
      sessionStorage.removeItem(leftFor)
      find('result-heading').focus()
      say(`Attempt ${attempt.number}: ${outcomes[attempt.outcome][1]}.`)
    }
    if (isOver(attempt)) return
    await new Promise((resume) => setTimeout(resume, pollInterval))
  }
}

/** Fills the form with what an attempt was made with. @param {AttemptView} attempt */
function select({ environment, scenario }) {
  const [stage, region] = environment.split('/')
  const chosen = { environment: stage, region, scenario: scenario?.id ?? '' }
  for (const [name, value] of Object.entries(chosen)) {
    for (const input of document.getElementsByName(name)) {
      if (input instanceof HTMLInputElement) input.checked = input.value === value
    }
  }
  find('form').dispatchEvent(new Event('change'))
}

function choices() {
  const data = new FormData(find('form'))
  return {
    environment: `${data.get('environment')}/${data.get('region')}`,
    scenario: String(data.get('scenario')) || null,
  }
}

/** @param {DemoView} view */
function showScenarios({ scenarios }) {
  const none = { id: '', title: 'Everything right', wrong: 'The three places agree byte for byte.' }
  find('scenarios').append(
    ...[none, ...scenarios].map(({ id, title, wrong }, index) => {
      const input = element('input', {
        type: 'radio',
        name: 'scenario',
        value: id,
        id: `scenario-${index}`,
        'aria-describedby': `scenario-${index}-text`,
      })
      if (index === 0) input.setAttribute('checked', '')
      return element(
        'div',
        { class: 'choice' },
        input,
        element('label', { for: `scenario-${index}` }, title),
        element('p', { id: `scenario-${index}-text`, class: 'about' }, wrong),
      )
    }),
  )
}

/** @param {DemoView} view */
function showPlace({ environments }) {
  const { environment } = choices()
  const place = environments.find((each) => each.environment === environment)
  if (place === undefined) return
  find('host').textContent = place.host
  find('redirect-uri').textContent = place.redirectUri
  find('target').textContent = place.target
  for (const chosen of document.querySelectorAll('.chosen')) chosen.textContent = environment
  find('shell-line').textContent = place.shellLine
  find('commands').replaceChildren(
    ...place.commands.flatMap(({ command, does }) => [
      element('dt', {}, element('code', {}, command)),
      element('dd', {}, does),
    ]),
  )
}

/** @param {DemoView} view */
function showActive({ active }) {
  find('active').textContent =
    active === null
      ? 'No scenario is on: byoo doctor finds nothing wrong.'
      : `This scenario is on: ${active.title}. It stays on until you connect or switch on another.`
}

/** Switches the chosen scenario on without an attempt. */
async function play() {
  try {
    /** @type {DemoView} */
    const view = await ask('/scenario', { scenario: choices().scenario })
    showActive(view)
    say(view.active === null ? 'No scenario is on.' : `${view.active.title} is on.`)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
  }
}

/** @param {DemoView} view @param {string | undefined} shown */
function showAttempts({ attempts }, shown) {
  find('attempts').hidden = attempts.length === 0
  find('attempt-list').setAttribute('start', String(attempts[0]?.number ?? 0))
  find('attempt-list').replaceChildren(
    ...attempts.map(({ id, title, environment, outcome }) => {
      const link = element('a', { href: pageOf(id) }, title)
      if (id === shown) link.setAttribute('aria-current', 'page')
      return element('li', {}, link, ` ${environment}, ${outcome}`)
    }),
  )
}

/** @param {SubmitEvent} event */
async function connect(event) {
  event.preventDefault()
  const button = find('connect')
  // Not disabled: a disabled button loses the focus.
  if (button.getAttribute('aria-disabled') === 'true') return
  button.setAttribute('aria-disabled', 'true')
  say('Asking Junction for a link …')
  try {
    const { id, url } = await ask('/attempts', choices())
    sessionStorage.setItem(leftFor, id)
    // Where the Back button of the browser leads.
    history.replaceState(null, '', pageOf(id))
    location.assign(url ?? pageOf(id))
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    button.removeAttribute('aria-disabled')
  }
}

async function copy() {
  const line = find('shell-line')
  try {
    await navigator.clipboard.writeText(line.textContent ?? '')
    say('Copied.', 'copied')
  } catch {
    getSelection()?.selectAllChildren(line)
    say('The browser does not let the page copy: the line is selected, copy it yourself.', 'copied')
  }
}

async function start() {
  /** @type {DemoView} */
  const view = await ask('/demo')
  showScenarios(view)
  showPlace(view)
  showActive(view)
  find('version').textContent = view.version
  find('form').addEventListener('change', () => showPlace(view))
  find('form').addEventListener('submit', connect)
  find('copy').addEventListener('click', copy)
  find('play').addEventListener('click', play)
  find('play').removeAttribute('disabled')
  find('connect').removeAttribute('disabled')
  const id = new URLSearchParams(location.search).get('attempt') ?? view.attempts[0]?.id
  showAttempts(view, id)
  if (id === undefined) return
  history.replaceState(null, '', pageOf(id))
  await follow(id)
  showAttempts(await ask('/demo'), id)
}

// From the cache of the Back button, the page would show what was before.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
start().catch((error) => say(error instanceof Error ? error.message : String(error)))
