package io.authpush.tests

import io.authpush.AuthenticatorException
import io.authpush.ClockException
import io.authpush.KeyFailure
import io.authpush.KeyStoreException
import io.authpush.StorageFailure
import io.authpush.UserVerifierException
import io.authpush.VaultException
import io.authpush.VerificationFailure
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.util.concurrent.CountDownLatch

/** Whatever a port does, the caller gets a typed error without its text, or what it asked for. */
internal class PortsTest {
    @Test
    fun `what a port throws and did not declare is its failure, and its text goes no further`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                val (_, request) = phone.asked(sandbox)
                for (thrown in Ports.undeclared()) {
                    phone.ports.person.switch.throws { thrown }
                    val person = assertThrows<AuthenticatorException.UserVerification> { phone.approve(request.id) }
                    assertEquals(VerificationFailure.FAILED, person.reason, "$thrown")
                    phone.ports.person.switch.works()
                    phone.ports.keys.switch.throws { thrown }
                    val keys = assertThrows<AuthenticatorException.Key> { phone.approve(request.id) }
                    val expected = if (thrown is KeyStoreException.NeedsUser) KeyFailure.NEEDS_USER else KeyFailure.FAILED
                    assertEquals(expected, keys.reason, "$thrown")
                    phone.ports.keys.switch.works()
                    phone.ports.clock.switch.throws { thrown }
                    val clock = assertThrows<AuthenticatorException.Clock> { phone.approve(request.id) }
                    phone.ports.clock.switch.works()
                    phone.ports.vault.switch.throws { thrown }
                    val vault = assertThrows<AuthenticatorException> { Phone.of(sandbox, phone.ports, phone.folder) }
                    phone.ports.vault.switch.works()
                    listOf(person, keys, clock, vault).forEach(::assertSilent)
                }
                assertTrue(phone.ports.log.lines.none { MARKER in it.toString() })
                assertEquals("DELIVERED", phone.approve(request.id).delivery.name)
            }
        }
    }

    @Test
    fun `a key whose deletion broke off is not taken for deleted`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                val account = phone.scan(sandbox.qr())
                phone.ports.keys.switch.throws { AssertionError(MARKER) }
                assertThrows<AuthenticatorException.Key> { phone.authenticator.forgetAccount(account.deviceId) }
                assertEquals(1, phone.authenticator.accounts().size)
                phone.ports.keys.switch.works()
                phone.authenticator.forgetAccount(account.deviceId)
                assertEquals(0, phone.authenticator.accounts().size)
            }
        }
    }

    @Test
    fun `every error that a port declares arrives as what it is`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                val (_, request) = phone.asked(sandbox)
                val persons = mapOf(
                    UserVerifierException.Cancelled() to VerificationFailure.CANCELLED,
                    UserVerifierException.Failed() to VerificationFailure.FAILED,
                    UserVerifierException.Unavailable() to VerificationFailure.UNAVAILABLE,
                )
                for ((thrown, reason) in persons) {
                    phone.ports.person.switch.throws { thrown }
                    val error = assertThrows<AuthenticatorException.UserVerification> { phone.approve(request.id) }
                    assertEquals(reason, error.reason)
                }
                phone.ports.person.switch.works()
                val keys = mapOf(
                    KeyStoreException.KeyLost() to KeyFailure.LOST,
                    KeyStoreException.NeedsUser() to KeyFailure.NEEDS_USER,
                    KeyStoreException.Failed() to KeyFailure.FAILED,
                )
                for ((thrown, reason) in keys) {
                    phone.ports.keys.switch.throws { thrown }
                    assertEquals(reason, assertThrows<AuthenticatorException.Key> { phone.deny(request.id) }.reason)
                }
                phone.ports.keys.switch.works()
                phone.ports.clock.switch.throws { ClockException.Failed() }
                assertThrows<AuthenticatorException.Clock> { phone.deny(request.id) }
                phone.ports.clock.switch.works()
                val vaults = mapOf(
                    VaultException.PassphraseRequired() to StorageFailure.PASSPHRASE_REQUIRED,
                    VaultException.WrongKey() to StorageFailure.WRONG_KEY,
                    VaultException.Damaged() to StorageFailure.CORRUPT,
                    VaultException.Failed() to StorageFailure.VAULT,
                )
                for ((thrown, reason) in vaults) {
                    phone.ports.vault.switch.throws { thrown }
                    val error =
                        assertThrows<AuthenticatorException.Storage> { Phone.of(sandbox, phone.ports, phone.folder) }
                    assertEquals(reason, error.reason)
                }
            }
        }
    }

    @Test
    fun `a person who does not react is given up, and what they say later counts for nothing`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox) { it.copy(verificationSeconds = 1u) }.use { phone ->
                phone.scan(sandbox.qr())
                val (session, request) = phone.asked(sandbox)
                val late = CountDownLatch(1)
                phone.ports.person.switch.does { late.await() }
                val error = assertThrows<AuthenticatorException.UserVerification> { phone.approve(request.id) }
                assertEquals(VerificationFailure.TIMED_OUT, error.reason)
                late.countDown()
                phone.ports.person.switch.works()
                phone.deny(request.id)
                assertEquals(listOf("DENIED"), sandbox.accepted(session).map { it.get("res").asText() })
            }
        }
    }

    @Test
    fun `a log that is slow or fails holds nothing up`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            val ports = Ports()
            val stuck = CountDownLatch(1)
            ports.log.switch.does { stuck.await() }
            Phone.of(sandbox, ports).use { phone ->
                phone.scan(sandbox.qr())
                assertEquals("DELIVERED", phone.approve(phone.asked(sandbox).second.id).delivery.name)
                assertTrue(ports.log.lines.isEmpty())
                stuck.countDown()
                withTimeout(10_000) { while (ports.log.lines.none { it.event == "answer_delivered" }) delay(5) }
                ports.log.switch.throws { IllegalStateException(MARKER) }
                assertEquals("DELIVERED", phone.approve(phone.asked(sandbox).second.id).delivery.name)
            }
        }
    }

    @Test
    fun `the person is told what is about to be approved, and asked on no thread of the caller`() = runBlocking<Unit> {
        Sandbox("open-banking").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                sandbox.consent("payments")
                val request = phone.receive(sandbox.push())
                val callers = Thread.currentThread()
                phone.ports.person.switch.does { check(Thread.currentThread() !== callers) }
                phone.approve(request.id, listOf(request.consent!!.accounts.first().id))
                val prompt = phone.ports.person.prompt!!
                assertEquals(request.id to "AB12", prompt.requestId to prompt.bindingMessage)
                assertFalse(prompt.amount.isNullOrEmpty())
            }
        }
    }

    /** Neither the text, nor a cause, nor a trace of what was thrown. */
    private fun assertSilent(error: Throwable) {
        assertFalse(MARKER in error.stackTraceToString(), error.stackTraceToString())
        assertEquals(null, error.cause)
        assertFalse("at io.authpush.tests.Ports" in error.toString())
    }
}
