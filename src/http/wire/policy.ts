/** A Content-Security-Policy with those of `directives` that it lacks. A directive that it has stays as it is. */
export function completedPolicy(policy: string | null, directives: readonly string[]): string {
  const present = new Set((policy ?? '').split(';').map(nameOf))
  return [policy ?? '', ...directives.filter((one) => !present.has(nameOf(one)))].filter(Boolean).join('; ')
}

function nameOf(directive: string): string | undefined {
  return directive.trim().split(/\s/, 1)[0]?.toLowerCase()
}
