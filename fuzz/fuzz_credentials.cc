// Fields by which a request says who asks, before a house with one API key and no other credential: whoever is let in has shown that key
// and nothing beside it, and no refusal repeats any of the key. "$KEY" in a value stands for the key.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/words.h"
#include "gatehouse/identity/authenticator.h"

namespace {

namespace gi = gatehouse::identity;
using gatehouse::Error;
using gatehouse::Result;
using gatehouse::same_word;
using gatehouse::seconds;

const gatehouse::WallTime now{seconds(1'700'000'000)};

void require(bool holds) {
  if (!holds) std::abort();
}

struct House {
  House() {
    gi::KeySecret secret = gi::make_key_secret(hasher, random);
    gatehouse::store::Tenant tenant{gatehouse::TenantId("demo")};
    tenant.number = 1, tenant.models = {"*"}, tenant.version = 1;
    gatehouse::store::ApiKey record(gatehouse::KeyId(random.uuid()), tenant.id);
    record.prefix = secret.prefix, record.digest = secret.digest, record.scopes = {"llm"}, record.models = {"*"}, record.version = 1;
    key = secret.text.expose();
    auto directory = std::make_shared<gi::Directory>();
    directory->put(tenant);
    directory->put(record);
    door = std::make_unique<gi::Authenticator>(gi::AuthenticatorParts{hasher, random, directory, nullptr});
  }
  gatehouse::SeededRandom random{31};
  gi::KeyHasher hasher = gi::KeyHasher::make(gatehouse::Secret<std::string>(std::string(32, 'k'))).value();
  std::string key;
  std::unique_ptr<gi::Authenticator> door;
};

House& house() {
  static House one;
  return one;
}

struct Shown {
  std::string name, value;
};

// A line a field: "Name: value". Lines that the HTTP parser would refuse are left out.
std::vector<Shown> read_fields(std::string_view rest) {
  std::vector<Shown> fields;
  while (!rest.empty()) {
    std::string_view line = gatehouse::take_until(rest, '\n');
    Shown field;
    field.name = gatehouse::take_until(line, ':');
    field.value = gatehouse::trimmed(line);
    for (std::size_t at = field.value.find("$KEY"); at != std::string::npos; at = field.value.find("$KEY", at + house().key.size())) {
      field.value.replace(at, 4, house().key);
    }
    const bool plain = std::all_of(field.value.begin(), field.value.end(),
                                   [](char c) { return (static_cast<unsigned char>(c) >= 0x20 || c == '\t') && c != 0x7f; });
    if (plain && !field.name.empty()) fields.push_back(std::move(field));
  }
  return fields;
}

// "Bearer", blanks, and something, whatever its case; all else is shown as it stands.
std::string credential_of(const Shown& field) {
  if (!same_word(field.name, "Authorization")) return field.value;
  if (same_word(field.value, "Bearer")) return "";
  if (!same_word(std::string_view(field.value).substr(0, 7), "Bearer ")) return field.value;
  return field.value.substr(std::min(field.value.find_first_not_of(' ', 6), field.value.size()));
}

void check_admitted(const std::vector<Shown>& fields) {
  std::size_t shown = 0;
  for (const Shown& field : fields) {
    const bool asks = same_word(field.name, "Authorization") || same_word(field.name, "X-API-Key") || same_word(field.name, "api-key");
    if (!asks || credential_of(field).empty()) continue;
    require(credential_of(field) == house().key);
    ++shown;
  }
  require(shown > 0);
}

void check_refusal(const Error& error) {
  constexpr std::array<std::string_view, 10> reasons{"ambiguous_credentials", "credential_missing",   "token_invalid",  "api_key_invalid",
                                                     "signature_malformed",   "signature_incomplete", "signature_late", "signature_early",
                                                     "signature_invalid",     "digest_malformed"};
  require(std::find(reasons.begin(), reasons.end(), error.reason()) != reasons.end());
  const bool ambiguous = error.reason() == "ambiguous_credentials";
  require(error.code() == (ambiguous ? gatehouse::Code::invalid_argument : gatehouse::Code::unauthenticated));
  require(error.origin() == gatehouse::Origin::caller && !error.public_text().empty());
  require(error.describe().find(house().key.substr(12)) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::vector<Shown> fields = read_fields({reinterpret_cast<const char*>(bytes), size});
  gatehouse::wire::RequestHead head;
  for (const Shown& field : fields) head.fields.push_back({field.name, field.value});
  bool admitted = false;
  for (int round = 0; round < 2; ++round) {  // the second time it is known
    const Result<gi::PrincipalPtr> asked = house().door->identify(head, now, gi::CredentialKind::any);
    require(round == 0 || asked.ok() == admitted);
    admitted = asked.ok();
    if (asked) {
      check_admitted(fields);
      require((*asked)->tenant == gatehouse::TenantId("demo") && house().door->check_again(**asked, now).ok());
    } else {
      check_refusal(asked.error());
    }
  }
  const Result<gi::PrincipalPtr> by_key = house().door->identify(head, now, gi::CredentialKind::api_key);
  require(by_key.ok() == admitted);
  if (!by_key) check_refusal(by_key.error());
  return 0;
}
