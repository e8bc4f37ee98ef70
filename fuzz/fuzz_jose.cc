// Bytes that claim to be a token, against one key of each algorithm. Input with a line break is a header and a payload that are signed
// here, so that what lies behind a signature is reached too. Whatever comes: a refusal has a reason and is the caller's fault, and what
// is accepted is spelt in the only way that it can be.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../src/wire/jose/signature.h"  // private: signs headers that sign_jws() would not write
#include "gatehouse/base/base64url.h"
#include "gatehouse/wire/jose/claims.h"

namespace {

namespace gw = gatehouse::wire;
using gatehouse::Error;
using gatehouse::Result;

// Whose private halves are nowhere, but for HS256.
constexpr std::string_view key_set = R"({"keys":[
{"kty":"oct","k":"bm90IGEgc2VjcmV0OiBpdCBzdGFuZHMgaW4gdGhlIHNvdXJjZQ","kid":"hs256","alg":"HS256"},
{"kty":"RSA","n":"tETI2dgInjVSTYlgCKxuXtYZTosiJLZ2kEX86oWvA5uSDtwovMaDNgCpICJ8HdvOv50CAh3SyFi_GZgPDrvoHdTY-f5sKhOpoFq161vhdsKA7J6giK9tbTJfjot8oUwySDVRTO3z40ofqmg0ge2Amg5cJqdVIN2tWi3CEe5J69yaU-5UoCnxu3Cc-CZPwxDsHiEptgB6fn1Yf8RTevQEQxKHSYJwPO_4tv94EGpjfh4yiAzHM3jV-Io4sbNKJwlGjEvzcTKNowexJytVGBYy4hYcAFugookY06sne-uN4gb6cv6n9phiy87cNvkXrNLjnM-m2WIp4RZiFRnbQy3Uhw","e":"AQAB","kid":"rs256","alg":"RS256"},
{"kty":"RSA","n":"zx3FmEHVrCNeHRTqkeOks952q54tl4E5T5U9zo6uxtBSGve6o0GVl6oAqBFyM3Src6NviKXXqj5tkZHjxBsAAxP5bFcCNHh4GMAMTOHylH7kZl05tOt6LpeXSsq9Ks0hF2s9lJ9oTWi8mEGyA6JJ0q9UKNX8x8ylI2d15td2SCgLzqjCt_jK92eDG_RUlAtYEXy_dcRyxoizNr9AOmhcG9p9X9npz9DYZtrdt-CciAntagYcQYZa3TnoI_CIbTLHKd2xVk4X6GRntenInLrZf80sUDya8c67SNRCi4p-ZxYB_iZMm2Mfxpc5oIcR2Hm3HvPDxSwfKJMP3MJzCbFHfQ","e":"AQAB","kid":"ps256","alg":"PS256"},
{"kty":"EC","crv":"P-256","x":"Zq5M18iyJ7JayM7tHGw5Fubzo5YKbIqY5uWeeEc5MXA","y":"MpW9US7_iquTP3UQh7OaarNdd9jsvqYoVgc9UiuMz1U","kid":"es256","alg":"ES256"},
{"x":"2yizHebWnLIgpnF7d5X5EMS3YFZo_f7OqqgGEhTWAUc","kty":"OKP","crv":"Ed25519","kid":"eddsa","alg":"EdDSA"}
]})";

constexpr std::int64_t now = 1'800'000'000;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_refusal(const Error& error) {
  require(error.code() == gatehouse::Code::unauthenticated && error.origin() == gatehouse::Origin::caller);
  require(error.reason().starts_with("token_") && !error.public_text().empty() && error.public_text().size() < 16 * 1024);
}

const gw::JwsKeySet& keys() {
  static const gw::JwsKeySet set = gw::JwsKeySet::parse(key_set).value();
  return set;
}

void check_claims(const gw::VerifiedJws& token) {
  static gw::JsonParser parser;
  gw::ClaimRules rules;
  const gatehouse::WallTime at{gatehouse::seconds(now)};
  const Result<gw::Claims> any = gw::check_claims(token, rules, at, parser);
  rules.issuers = {"https://id.example.org"}, rules.audiences = {"gatehouse"}, rules.types = {"at+jwt"};
  const Result<gw::Claims> strict = gw::check_claims(token, rules, at, parser);
  if (!any) check_refusal(any.error());
  if (!strict) return check_refusal(strict.error());
  require(any.ok() && strict->issuer == rules.issuers.front());  // what strict rules take, loose ones take
  require(strict->expires_at + 60 > now && strict->expires_at - now <= rules.max_lifetime.count());
  for (const std::string& scope : strict->scopes) require(!scope.empty() && scope.find(' ') == std::string::npos);
}

// Returns whether it is accepted.
bool check_token(std::string_view token) {
  static gw::JwsVerifier verifier = gw::JwsVerifier::make(keys()).value();
  const Result<gw::VerifiedJws> verified = verifier.verify(token);
  if (!verified) {
    check_refusal(verified.error());
    return false;
  }
  require(token.size() <= gw::max_jws_bytes && verified->kid);
  const std::size_t first = token.find('.'), second = token.find('.', first + 1);
  require(gatehouse::to_base64url(verified->payload) == token.substr(first + 1, second - first - 1));
  check_claims(*verified);
  return true;
}

std::string signed_with_hs256(std::string_view header, std::string_view payload) {
  const std::string input = gatehouse::to_base64url(header) + '.' + gatehouse::to_base64url(payload);
  return input + '.' + gatehouse::to_base64url(gw::jose::make_signature(keys().keys().front(), input).value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) {
    check_token(text);
    return 0;
  }
  std::string token = signed_with_hs256(text.substr(0, line), text.substr(line + 1));
  if (!check_token(token)) return 0;
  // With one bit of the signature changed it is another's.
  char& changed = token[token.size() - 2];
  changed = changed == 'A' ? 'B' : 'A';
  require(!check_token(token));
  return 0;
}
