import { tls } from "@rpc/core";
import { transportSuite } from "@rpc/core/testing";
import { certify } from "../trust/certificates/certificate.js";

const { certificate, key } = certify({ name: "suite", altNames: ["IP:127.0.0.1"] });

transportSuite("tls", () => tls({ certificate, key, ca: certificate }), {
  anywhere: () => "tls://127.0.0.1:0",
  nowhere: "tls://127.0.0.1:1",
});
