#include <fstream>
#include <iostream>
#include <iterator>

#include "commands.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/wire/jose/claims.h"
#include "gatehouse/wire/json/writer.h"
#include "terminal_text.h"

namespace gatehouse::app {
namespace {

// More than a key set or a token may have, so that the reader says what is wrong with the rest.
constexpr std::size_t most_bytes = 128 * 1024;

std::string read_some(std::istream& in) {
  std::string bytes(most_bytes, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

// One line; its end is not part of the token, any other white space would be.
std::string read_token() {
  std::string token = read_some(std::cin);
  if (token.ends_with('\n')) token.pop_back();
  if (token.ends_with('\r')) token.pop_back();
  return token;
}

Result<wire::JwsVerifier> verifier_from(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return operator_error("jwks_unreadable", "The key set " + path + " cannot be read");
  GH_TRY(wire::JwsKeySet keys, wire::JwsKeySet::parse(read_some(file)));
  for (const wire::IgnoredJwk& ignored : keys.ignored()) {
    std::cerr << "gatehouse: key " << ignored.position + 1 << " of the set is left out: " << ignored.why.public_text() << '\n';
  }
  return wire::JwsVerifier::make(std::move(keys));
}

// JSON without the white space between its parts, so that it stays on one line.
std::string on_one_line(std::string_view json) {
  std::string out;
  bool inside = false, escaped = false;
  for (const char c : json) {
    if (inside || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) out += c;
    if (c == '"' && !escaped) inside = !inside;
    escaped = inside && c == '\\' && !escaped;
  }
  return out;
}

// What is printed for a token that is valid.
Result<std::string> describe_token(const JoseVerifyOptions& options, const std::string& token) {
  GH_TRY(wire::JwsVerifier verifier, verifier_from(options.jwks));
  GH_TRY(const wire::VerifiedJws verified, verifier.verify(token));
  const bool claims = options.claims || !options.issuers.empty() || !options.audiences.empty();
  if (claims) {
    wire::ClaimRules rules;
    rules.issuers = options.issuers;
    rules.audiences = options.audiences;
    wire::JsonParser parser;
    GH_CHECK(wire::check_claims(verified, rules, SystemClock().wall(), parser));
  }
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("valid", true).member("alg", wire::to_string(verified.algorithm));
  verified.kid ? json.member("kid", *verified.kid) : json.member_null("kid");
  if (claims) json.member_raw("claims", on_one_line(verified.payload));
  json.end_object();
  return out;
}

}  // namespace

int jose_verify(const JoseVerifyOptions& options) {
  const Result<std::string> valid = describe_token(options, read_token());
  if (valid) {
    std::cout << json_for_terminal(*valid) << '\n';
    return exit_well;
  }
  std::string out;
  wire::JsonWriter(out).begin_object().member("valid", false).member("error", valid.error().reason()).end_object();
  std::cout << out << '\n';
  return report(valid.error());
}

}  // namespace gatehouse::app
