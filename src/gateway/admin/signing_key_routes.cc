// gateway/admin/signing_key_routes.cc — /api/admin/signing-keys.
#include <utility>

#include "gatehouse/config/units.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/wire/admin/requests.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

Result<identity::RotationWish> wish_of(const wire::SigningRotationBody& body) {
  identity::RotationWish wish;
  GH_TRY(wish.overlap, read_duration(body.overlap, "/overlap"));
  if (!body.algorithm) return wish;
  wish.algorithm = wire::jws_algorithm(*body.algorithm);
  if (!wish.algorithm) return bad_field("/algorithm", "must be EdDSA, ES256, RS256, PS256 or HS256", "EdDSA, ES256, RS256, PS256 or HS256");
  return wish;
}

// Empty: every token lives its life.
std::string warning_of(const identity::Rotation& rotation) {
  if (rotation.overlap >= rotation.longest) return {};
  return "tokens live for up to " + config::to_text(rotation.longest) + " here: those that the keys before this one signed, and that are " +
         "still valid in " + config::to_text(rotation.overlap) + ", are refused from then on";
}

std::string rotated_text(const identity::Rotation& rotation) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object();
  write_members(json, rotation.made);
  json.member("overlap", config::to_text(rotation.overlap)).member_or_null("warning", warning_of(rotation)).end_object();
  return text;
}

}  // namespace

Task<Result<Reply>> Administration::signing_keys(Reactor& reactor) const {
  Result<std::vector<store::SigningKey>> keys = co_await house_.key_ring().list(reactor);
  if (!keys) co_return keys.error();
  store::Page<store::SigningKey> page;
  page.data = std::move(*keys);
  co_return Reply(200, list_text(page));
}

Task<Result<Reply>> Administration::rotate_signing_key(Reactor& reactor, Question question) const {
  const Result<wire::SigningRotationBody> body = read_body(question, &wire::read_signing_rotation);
  if (!body) co_return body.error();
  Result<identity::RotationWish> wish = wish_of(*body);
  if (!wish) co_return wish.error();
  const Result<identity::Rotation> rotation = co_await house_.key_ring().rotate(reactor, std::move(*wish));
  if (!rotation) co_return rotation.error();
  telemetry::log::info(
      "keys", "tokens are signed with a new key",
      {{"kid", rotation->made.kid}, {"algorithm", rotation->made.algorithm}, {"overlap", config::to_text(rotation->overlap)}});
  co_return Reply(201, rotated_text(*rotation)).about(rotation->made.kid);
}

}  // namespace gatehouse::gateway
