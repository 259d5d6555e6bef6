//! The long texts of `--help`.

/// Above the list of commands.
pub(crate) const STORY: &str = "\
A virtual authentication device for push consent (CIBA), and a sandbox server to try it with.

The device enrols with a server by its QR code, receives push messages, shows what is asked, and sends your decision \
back, signed. The sandbox is such a server for the desk. A first story, in three terminals:

  1  authpush sandbox --data ./sandbox
       a bank on https://127.0.0.1:9446, with the user alice
  2  export AUTHPUSH_HOME=./device CA=./sandbox/ca.pem BANK=https://127.0.0.1:9446/sandbox
     curl -s --cacert $CA $BANK/users/alice/enrolment > qr.json
     authpush --ca-cert $CA add-account @qr.json --push-id my-push-token
     authpush --ca-cert $CA listen
       waits for pushes, shows each request and asks
  3  curl -s --cacert $CA $BANK/logins -d '{\"username\":\"alice\"}'
       alice logs in to a shop; the second terminal asks, or by hand:
     authpush --ca-cert $CA approve REQUEST_ID

Or all of it at once, told step by step: authpush demo";

/// Below the options.
pub(crate) const AFTER: &str = "\
Exit status: 0 done, 1 failed, 2 usage, 3 the decision is kept but not known to be delivered.
The master key of the home is a file for its owner alone; with AUTHPUSH_PASSPHRASE it is derived from that instead.
Anything that takes JSON, a QR code or a token takes it as text, as @FILE, or as - for standard input.";
