package io.authpush.example

import io.authpush.*
import kotlinx.coroutines.runBlocking
import java.io.File
import java.security.SecureRandom
import kotlin.system.exitProcess

/** Keeps the master key as long as the program runs. A phone keeps it under a key of its keystore. */
class MemoryVault : Vault {
    private var key: ByteArray? = null

    @Synchronized override fun load() = key

    @Synchronized override fun create() = key ?: ByteArray(32).also { SecureRandom().nextBytes(it); key = it }
}

/** Whoever types at this terminal is its owner. A phone asks for a fingerprint here. */
class Terminal : UserVerifier {
    override fun verify(prompt: VerificationPrompt): Verification {
        print("${prompt.username}, type yes to sign: ")
        return if (readln() == "yes") Verification.VERIFIED else throw UserVerifierException.Cancelled()
    }
}

/** Enrols with the QR code's text, and answers the push that is typed in: `Example CA_CERT QR PUSH_ID`. */
fun main(args: Array<String>) = runBlocking {
    try {
        val (certificate, qr, pushId) = args
        val home = kotlin.io.path.createTempDirectory().toString()
        val vault = MemoryVault()
        val trust = TrustSettings(publicRoots = false, anchorsPem = listOf(File(certificate).readText()))
        val keys = softwareKeyStore(home, vault)
        Authenticator.open(Configuration(home, trust), keys, vault, Terminal(), systemClock()).use { authenticator ->
            val account = authenticator.addAccount(qr, pushId, Device("My desk", "JVM"))
            println("enrolled ${account.username} at ${account.host}; the push, please:")
            when (val received = authenticator.processAuthRequest(readln(), null)) {
                is Received.Informational -> println("nothing to decide: ${received.scenario}")
                is Received.Request -> println(answer(authenticator, received.request).delivery)
            }
        }
    } catch (error: AuthenticatorException) {
        println("${error.code()}: ${error.message}")
        exitProcess(1)
    }
}

private suspend fun answer(authenticator: Authenticator, request: AuthRequest): Answer {
    val review = authenticator.processConsentData(request.id)
    val consent = review.consent()
    println("${consent?.application ?: request.applicationName} asks; the other screen says ${consent?.bindingMessage}")
    consent?.sections?.forEach { println("${it.title}: ${it.lines.joinToString()}") }
    consent?.accounts?.forEach { println("account ${it.id}: ${it.displayName}") }
    print("the accounts to approve with, or no: ")
    val said = readln()
    if (said == "no") return authenticator.sendAuthRequest(review.deny())
    val accounts = said.split(' ').filter { it.isNotEmpty() }
    return authenticator.sendAuthRequest(authenticator.addApprovedAccountIds(review, accounts))
}
