/** Shows the machines that wait to be accepted. */
import { short } from '../sentence-parts.ts'
import { accept, waiting } from '../store.ts'

/** Shows each such machine, with a button where its acceptance is missing here. Nothing is shown without one. */
export function WaitingView() {
  if (waiting.value.length === 0) return null
  return (
    <section class="card" aria-labelledby="waiting-head">
      <h2 id="waiting-head">Waiting to be accepted</h2>
      <p class="hint">
        These machines are on the same network. They and this machine work for each other once both sides have
        accepted. Anybody can take a name: compare the key with that of the machine you mean.
      </p>
      <ul class="waiting">
        {waiting.value.map(({ agent, name, waiting: where }) => (
          <li key={agent}>
            <span>
              <strong>{name}</strong> <code>{short(agent)}</code>
            </span>
            {where === 'here' ? (
              <button type="button" aria-label={`Accept ${name}`} onClick={() => void accept(agent)}>
                Accept
              </button>
            ) : (
              <span class="hint">accepted here, and not there yet</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
