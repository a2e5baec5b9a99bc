/** Walks through invites, networks, and the examination by `doctor`. */
import { expect } from 'vitest'
import type { Walk } from '../world.ts'

export const join: Walk = {
  title: 'an invite is made as a QR code and a line, and doctor examines this machine and another',
  async walk({ open, mesh }) {
    const page = await open('join')
    const invite = page.getByRole('region', { name: 'Invite a machine' })
    await invite.getByLabel('For one machine only').check()
    await invite.getByRole('button', { name: 'Make an invite' }).click()
    await invite.getByRole('img', { name: /^QR code of the invite to/ }).waitFor()
    const line = await invite.getByLabel('Line of the invite').inputValue()
    expect(await mesh.call('bert', 'invite.read', { line })).toMatchObject({ once: true, way: 'joined' })

    const byLine = page.getByRole('region', { name: 'Join with an invite' })
    await byLine.getByLabel('Line or words of the invite').fill(line)
    await byLine.getByRole('button', { name: 'Read the invite' }).click()
    await byLine.getByText('This machine has made the invite').waitFor()
    await byLine.getByLabel('Line or words of the invite').fill(line.slice(0, -2))
    await byLine.getByRole('button', { name: 'Read the invite' }).click()
    await byLine.getByText('RIPPLE_INVITE_INVALID').waitFor()

    const networks = page.getByRole('table', { name: 'Known networks' })
    await networks.getByText('runs now').waitFor()
    await page.getByRole('button', { name: /^Details of / }).click()
    await page.getByText(/^ripple-local-/).waitFor()

    await page.getByRole('link', { name: 'Doctor' }).click()
    const findings = page.getByRole('region', { name: 'Findings' })
    await findings.getByText(/^(Nothing keeps this machine from|The most likely cause)/).waitFor()
    await findings.getByText(/^\d+ findings in order$/).click()
    await findings.getByText('workdir/ripple.happ is the pinned one').waitFor()

    await page.getByLabel('The other machine').selectOption({ label: 'bert' })
    await page.getByRole('button', { name: 'Compare' }).click()
    await findings.getByText(/^(Nothing keeps this machine and bert|The most likely cause)/).waitFor()
    expect(page.url()).toContain('with=')

    const own = page.getByRole('region', { name: "This machine's code" })
    await own.getByRole('button', { name: 'Make the code' }).click()
    expect(await own.getByLabel("This machine's code").inputValue()).toMatch(/^ripple-doctor-1:/)
    await page.context().close()
  },
}
