// Everything works without this file. It adds: select all, the number selected, copying, dates in the reader's time zone, one press
// for each button, an address that can be reloaded after a secret was shown, and a question before a secret is left behind.
const root = document.querySelector('.ag')

for (const table of root.querySelectorAll('table[data-select]')) {
  const all = table.querySelector('thead input')
  const boxes = [...table.querySelectorAll('tbody .pick input')]
  const output = document.getElementById(table.dataset.select)
  // If the header means more than the rows that are shown, ticking these one by one must not come to mean it too.
  let pressed = all.checked
  let last = -1
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length
    all.checked = pressed || (all.value === 'page' && chosen > 0 && chosen === boxes.length)
    all.indeterminate = chosen > 0 && !all.checked
    if (output) output.textContent = chosen === 0 ? '' : output.dataset.text.replace('{n}', chosen)
  }
  table.addEventListener('change', ({ target }) => {
    pressed = target === all && all.checked
    if (target === all) for (const box of boxes) box.checked = pressed
    show()
  })
  table.addEventListener('click', ({ target, shiftKey }) => {
    const at = boxes.indexOf(target)
    if (at < 0) return
    const [from, to] = [Math.min(at, last), Math.max(at, last)]
    if (shiftKey && last >= 0) for (const box of boxes.slice(from, to + 1)) box.checked = target.checked
    last = at
    show()
  })
  show()
}

for (const button of root.querySelectorAll('button[data-copy]')) {
  button.hidden = false
  button.addEventListener('click', async () => {
    const field = document.getElementById(button.dataset.copy)
    field.select()
    // There is no clipboard on plain http: then the older way, and if that fails too, the text stays selected.
    const written = navigator.clipboard
      ?.writeText(field.value)
      .then(() => true)
      .catch(() => false)
    const done = (await written) || document.execCommand('copy')
    document.getElementById('ag-said').textContent = done ? button.dataset.done : button.dataset.failed
  })
}

for (const time of root.querySelectorAll('time[data-zone]')) {
  const options = { dateStyle: 'medium', ...(time.dataset.zone === 'time' && { timeStyle: 'short' }) }
  time.title = `${time.textContent} UTC`
  time.textContent = new Intl.DateTimeFormat(root.lang, options).format(new Date(time.dateTime))
}

root.addEventListener('submit', (event) => {
  const { target: form, submitter } = event
  if ((submitter?.getAttribute('formmethod') ?? form.method) === 'get') return
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = 'yes'
  setTimeout(() => delete form.dataset.sent, 5000)
})

// Modal: what is behind cannot be reached, and Escape goes back to the list.
const dialog = root.querySelector('dialog[data-back]')
if (dialog) {
  dialog.removeAttribute('open')
  dialog.showModal()
  dialog.addEventListener('close', () => location.assign(dialog.dataset.back))
}

const place = root.querySelector('[data-place]')?.dataset.place
if (place) history.replaceState(null, '', place)

const once = root.querySelector('[data-once]')?.dataset.once
if (once) {
  const stored = document.getElementById(once)
  addEventListener('beforeunload', (event) => {
    if (!stored.checked) event.preventDefault()
  })
}
