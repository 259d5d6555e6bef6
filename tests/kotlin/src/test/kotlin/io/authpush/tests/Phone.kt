package io.authpush.tests

import io.authpush.Account
import io.authpush.Answer
import io.authpush.AuthRequest
import io.authpush.Authenticator
import io.authpush.Configuration
import io.authpush.Device
import io.authpush.LogLevel
import io.authpush.Received
import io.authpush.TrustSettings
import java.nio.file.Files
import java.nio.file.Path

internal const val PUSH_ID = "the-push-services-token-of-this-phone"

/** A phone that trusts one bank: an authenticator over ports that do as the test says. */
internal class Phone private constructor(val authenticator: Authenticator, val ports: Ports, val folder: Path) :
    AutoCloseable {
    suspend fun scan(qr: String): Account = authenticator.addAccount(qr, PUSH_ID, device())

    suspend fun receive(push: String): AuthRequest =
        (authenticator.processAuthRequest(push, null) as Received.Request).request

    suspend fun approve(id: String, accounts: List<String> = emptyList()): Answer =
        authenticator.processConsentData(id).use { review ->
            authenticator.addApprovedAccountIds(review, accounts).use { authenticator.sendAuthRequest(it) }
        }

    suspend fun deny(id: String): Answer =
        authenticator.processConsentData(id).use { review ->
            review.deny().use { authenticator.sendAuthRequest(it) }
        }

    /** A login, enrolled and asked: what waits for the person. */
    suspend fun asked(sandbox: Sandbox): Pair<String, AuthRequest> {
        val session = sandbox.login()
        return session to receive(sandbox.push())
    }

    override fun close() = authenticator.close()

    companion object {
        suspend fun of(
            sandbox: Sandbox,
            ports: Ports = Ports(),
            folder: Path = newFolder(),
            configuration: (Configuration) -> Configuration = { it },
        ): Phone {
            val trust = TrustSettings(publicRoots = false, anchorsPem = listOf(sandbox.certificate))
            val usual = Configuration(folder.resolve("home").toString(), trust, timeoutSeconds = 5u, connectSeconds = 2u)
            val opened = ports.open(configuration(usual))
            opened.setLog(ports.log, LogLevel.DEBUG)
            return Phone(opened, ports, folder)
        }

        fun device(keyBits: UInt = 2048u) = Device("Alice's phone", "Pixel 8", keyBits)
    }
}

internal fun newFolder(): Path = Files.createTempDirectory("authpush-kotlin-").also { it.toFile().deleteOnExit() }
