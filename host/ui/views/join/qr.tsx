/** Draws QR codes. */
import { encode } from 'uqr'

/** Modules around the code that stay light, so that a camera finds it. */
const BORDER = 4

/** Shows a text as a QR code, dark on light in every colour scheme, because cameras expect that. */
export function Qr({ text, label }: { text: string; label: string }) {
  const { size, data } = encode(text, { ecc: 'L', border: BORDER })
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])))
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shape-rendering="crispEdges"
    >
      <rect width={size} height={size} />
      <path d={dark.join('')} />
    </svg>
  )
}
