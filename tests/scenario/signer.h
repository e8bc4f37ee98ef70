// tests/scenario/signer.h — signs requests as a client does, by RFC 9421 and RFC 9530, with nothing of ours.
#pragma once
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::testing {

inline std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text(4 * ((size + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size))));
  return text;
}

inline std::string content_digest(const std::string& body) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data());
  return "sha-256=:" + base64(digest.data(), digest.size()) + ":";
}

struct Signer {
  std::string key_id, secret;
  std::int64_t created = 1'700'000'000;
  std::string nonce = "n-1";
  std::string host = "gate.example";

  // The fields of a request for that path, whose body that is.
  std::vector<std::pair<std::string, std::string>> sign(const std::string& method, const std::string& path, const std::string& body) const {
    std::vector<std::pair<std::string, std::string>> fields{{"Host", host}};
    std::string covered = R"("@method" "@target-uri")";
    std::string base = "\"@method\": " + method + "\n\"@target-uri\": http://" + host + path + "\n";
    if (!body.empty()) {
      fields.emplace_back("Content-Digest", content_digest(body));
      covered += R"( "content-digest")";
      base += "\"content-digest\": " + content_digest(body) + "\n";
    }
    const std::string input =
        "(" + covered + ");created=" + std::to_string(created) + ";keyid=\"" + key_id + "\";alg=\"hmac-sha256\";nonce=\"" + nonce + "\"";
    base += "\"@signature-params\": " + input;
    std::array<unsigned char, SHA256_DIGEST_LENGTH> made{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(base.data()), base.size(),
         made.data(), &size);
    fields.emplace_back("Signature-Input", "sig1=" + input);
    fields.emplace_back("Signature", "sig1=:" + base64(made.data(), made.size()) + ":");
    return fields;
  }
};

}  // namespace gatehouse::testing
