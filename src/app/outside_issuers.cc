#include "outside_issuers.h"

#include <algorithm>
#include <utility>

#include "gatehouse/config/units.h"
#include "gatehouse/identity/token_issuer.h"

namespace gatehouse::app {
namespace {

wire::ClaimRules rules_of(const IssuerSettings& settings) {
  wire::ClaimRules rules;
  if (!settings.legacy) {
    rules.issuers = {settings.issuer};
    rules.audiences = settings.audience;
    rules.types = {std::string(identity::access_token_type), "JWT", ""};
  }
  rules.max_lifetime = identity::longest_token_lifetime;
  rules.tenant_claim = settings.tenant_claim;
  rules.user_claim = settings.user_claim;
  rules.scope_claim = settings.scope_claim;
  return rules;
}

// Days are said that no count of nanoseconds holds.
std::int64_t second_of(std::chrono::sys_days day) { return seconds(day.time_since_epoch()).count(); }

Result<identity::IssuerPtr> make_issuer(const IssuerSettings& settings) {
  auto issuer = std::make_shared<identity::Issuer>();
  issuer->name = settings.name;
  issuer->rules = rules_of(settings);
  if (!settings.tenants.empty()) issuer->tenants = identity::NameList(settings.tenants);
  issuer->legacy = settings.legacy;
  if (!settings.until.empty()) issuer->until = second_of(config::parse_day(settings.until).value());
  if (!settings.secret_file.empty()) {
    GH_TRY(wire::JwsKeySet keys, secret_keys(settings.secret_file));
    issuer->keys = std::make_shared<const wire::JwsKeySet>(std::move(keys));
  }
  return identity::IssuerPtr(std::move(issuer));
}

adapters::JwksOrigin origin_of(const IssuerSettings& settings) {
  adapters::JwksOrigin origin;
  origin.issuer = settings.name;
  origin.file = settings.jwks_file;
  origin.url = settings.jwks_url;
  origin.authorities = settings.ca_file;
  origin.algorithms = algorithms_of(settings);
  return origin;
}

}  // namespace

Result<identity::IssuersPtr> make_issuers(const Settings& settings) {
  auto issuers = std::make_shared<identity::Issuers>();
  issuers->own = own_issuer(settings.server);
  for (const IssuerSettings& one : settings.auth.issuers) {
    GH_TRY(identity::IssuerPtr made, make_issuer(one));
    issuers->outside.push_back(std::move(made));
  }
  return identity::IssuersPtr(std::move(issuers));
}

Status OutsideIssuers::adopt(const std::vector<IssuerSettings>& settings, const identity::Issuers& issuers) {
  auto complete = std::make_shared<identity::Issuers>(issuers);
  complete->own = registry_.current()->issuers()->own;  // a restart applies another one
  complete->formerly = registry_.current()->issuers()->formerly;
  std::vector<Source*> wanted;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (!settings[i].secret_file.empty()) continue;
    GH_TRY(Source * source, source_for(settings[i]));
    auto with_source = std::make_shared<identity::Issuer>(*complete->outside[i]);
    with_source->source = source;
    with_source->keys = source->keys();
    complete->outside[i] = std::move(with_source);
    wanted.push_back(source);
  }
  registry_.set_issuers(std::move(complete));
  for (Source* source : in_use_) {
    if (std::ranges::find(wanted, source) != wanted.end()) {
      source->reload();
    } else if (started_) {
      ++leaving_;
      control_.spawn(retire(*source));
    }
  }
  std::swap(in_use_, wanted);
  for (Source* source : in_use_) {
    if (started_ && std::ranges::find(wanted, source) == wanted.end()) source->start();
  }
  return ok();
}

Result<OutsideIssuers::Source*> OutsideIssuers::source_for(const IssuerSettings& settings) {
  const adapters::JwksOrigin origin = origin_of(settings);
  const auto found = std::ranges::find(in_use_, origin, &Source::origin);
  return found == in_use_.end() ? add(origin) : Result<Source*>(*found);
}

Result<OutsideIssuers::Source*> OutsideIssuers::add(const adapters::JwksOrigin& origin) {
  GH_TRY(std::unique_ptr<Source> made, Source::make(control_, files_, origin));
  made->follow([this, name = origin.issuer](const identity::KeySource::Keys& keys) { registry_.set_keys(name, keys); });
  all_.push_back(std::move(made));
  return all_.back().get();
}

void OutsideIssuers::start() {
  started_ = true;
  for (Source* source : in_use_) source->start();
}

bool OutsideIssuers::complete() const {
  return std::ranges::all_of(in_use_, [](const Source* source) { return source->keys() != nullptr; });
}

Task<void> OutsideIssuers::retire(Source& source) {
  co_await source.stop();
  --leaving_;
  gone_.raise();
}

Task<void> OutsideIssuers::stop() {
  for (Source* source : in_use_) co_await source->stop();
  while (leaving_ > 0) co_await gone_.wait();
}

}  // namespace gatehouse::app
