// A request's head, a line a field: whatever comes, its signature is read or refused; what is read is over a base of one line a component,
// and that of its parameters is read again as the same. No secret signs what nobody has signed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gatehouse/base/words.h"
#include "gatehouse/wire/signature/content_digest.h"
#include "gatehouse/wire/signature/message_signature.h"

namespace {

namespace gw = gatehouse::wire;
using gatehouse::Result;

void require(bool holds) {
  if (!holds) std::abort();
}

// Lines that the HTTP parser would refuse are left out.
gw::RequestHead read_head(std::string_view rest) {
  gw::RequestHead head;
  head.method = gw::Method::post;
  head.target = head.path = "/v1/models";
  while (!rest.empty()) {
    std::string_view line = gatehouse::take_until(rest, '\n');
    gw::FieldView field;
    field.name = gatehouse::take_until(line, ':');
    field.value = gatehouse::trimmed(line);
    const bool plain = std::all_of(field.value.begin(), field.value.end(),
                                   [](char c) { return (static_cast<unsigned char>(c) >= 0x20 || c == '\t') && c != 0x7f; });
    if (plain && !field.name.empty()) head.fields.push_back(field);
  }
  return head;
}

void check_again(const gw::MessageSignature& signature) {
  const std::string input = "again=" + signature.parameters;
  gw::RequestHead head;
  gw::FieldView field;
  field.name = "Signature-Input";
  field.value = input;
  head.fields.push_back(field);
  field.name = "Signature";
  field.value = "again=:AAAA:";
  head.fields.push_back(field);
  const Result<gw::MessageSignature> again = gw::read_message_signature(head);
  require(again.ok() && again->parameters == signature.parameters && again->components == signature.components);
  require(again->created == signature.created && again->nonce == signature.nonce && again->key_id == signature.key_id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const gw::RequestHead head = read_head({reinterpret_cast<const char*>(bytes), size});
  const Result<gw::ContentDigest> digest = gw::ContentDigest::read(head);
  if (digest) require(!digest->holds("a body that nobody has hashed"));
  const Result<gw::MessageSignature> signature = gw::read_message_signature(head);
  if (!signature) return 0;
  check_again(*signature);
  const Result<std::string> base = gw::signature_base(*signature, head, "https://api.example.com");
  if (!base) return 0;
  const auto lines = static_cast<std::size_t>(std::count(base->begin(), base->end(), '\n'));
  require(lines == signature->components.size());
  require(base->ends_with(signature->parameters));
  require(!gw::is_signed_by("a secret that nobody knows", *base, signature->signature));
  return 0;
}
