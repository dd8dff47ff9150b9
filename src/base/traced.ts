import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import { isAppGrantError } from './errors.ts'

/** Tracing channels by name. */
export type Channels = Map<string, TracingChannel>

/** What a channel publishes. `outcome` is absent until the method has settled. */
interface TraceMessage {
  readonly interface: string
  readonly method: string
  outcome?: string
}

type Method = (...args: never[]) => Promise<unknown>

/**
 * Wraps each method in tracing channels of `node:diagnostics_channel`, named `appgrant:<interface>.<method>`. Messages contain
 * the name of the method, once it has settled its outcome, and the error if it failed, but no arguments or results, because
 * these hold secrets.
 *
 * @param channels - existing channels to reuse: creating one costs more than a call.
 */
export function traced<Api extends object>(name: string, api: Api, channels: Channels = new Map()): Api {
  const wrapped: Record<string, Method> = {}
  for (const [method, run] of Object.entries(api) as [string, Method][]) {
    const title = `appgrant:${name}.${method}`
    const channel = channels.get(title) ?? tracingChannel(title)
    channels.set(title, channel)
    const publish = async (args: never[]) => {
      let result: unknown
      const message: TraceMessage = { interface: name, method }
      const call = async () => {
        try {
          result = await run(...args)
          message.outcome = resultOutcome(result)
        } catch (error) {
          message.outcome = errorOutcome(error)
          throw error
        }
      }
      await channel.tracePromise(call, message)
      return result
    }
    // No method takes more than three arguments, and collecting and spreading them would cost more than the rest.
    wrapped[method] = (one, two, three) => {
      try {
        return channel.hasSubscribers ? publish([one, two, three]) : run(one, two, three)
      } catch (error) {
        return Promise.reject(error)
      }
    }
  }
  return Object.freeze(wrapped) as Api
}

/** Why a token was denied, or else `ok`. */
function resultOutcome(result: unknown): string {
  const isDenial = typeof result === 'object' && result !== null && 'ok' in result && result.ok === false
  return isDenial && 'reason' in result ? String(result.reason) : 'ok'
}

/** Why a token was denied, or else the code of an `AppGrantError`, or `unexpected_error`. */
function errorOutcome(error: unknown): string {
  if (isAppGrantError(error, 'invalid_token')) return error.details.reason
  return isAppGrantError(error) ? error.code : 'unexpected_error'
}
