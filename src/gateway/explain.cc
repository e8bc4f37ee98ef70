#include "explain.h"

#include <algorithm>
#include <array>
#include <utility>

#include "decisions.h"
#include "errors.h"
#include "extractor.h"
#include "gatehouse/wire/form/form.h"
#include "gatehouse/wire/json/writer.h"
#include "generator.h"
#include "rules.h"

namespace gatehouse::gateway {
namespace {

using wire::Method;

constexpr std::array all_methods{Method::get,     Method::head,    Method::post,  Method::put,  Method::patch,
                                 Method::delete_, Method::options, Method::trace, Method::query};

std::string described(const identity::Principal& who) {
  std::string text = who.key ? "API key " + who.key->value() : "a token";
  if (who.proof == identity::Proof::nothing) text = "auth.mode is off: whoever asks";
  text.append(" of ").append(who.tenant.value());
  if (!who.role.empty()) text.append(", of a user with the role ").append(who.role);
  return text;
}

std::string why_scope(const Route& route, const identity::Principal& who) {
  if (!route.needs) return "any credential will do";
  return "it has " + std::string(to_string(who.scopes.has(*route.needs) || !route.or_needs ? *route.needs : *route.or_needs));
}

Generation generation_of(const Supposed& supposed) {
  Generation generation;
  generation.max_tokens = supposed.max_tokens;
  generation.asks_max_tokens = supposed.max_tokens.has_value();
  generation.prompt.choices = supposed.n.value_or(generation.prompt.choices);
  generation.asks_temperature = supposed.temperature.has_value();
  if (supposed.temperature) generation.prompt.sampling.temperature = static_cast<float>(*supposed.temperature);
  return generation;
}

bool find(const Supposed& supposed, Explanation& so_far) {
  const RouteMatch match = find_route(public_routes(), supposed.method, supposed.path);
  so_far.dialect = match.dialect;
  so_far.route = match.route;
  std::optional<std::string> parameter = wire::unescape_segment(match.parameter), second = wire::unescape_segment(match.second);
  const bool found = match.route != nullptr && parameter && second;
  const Status there = found ? ok() : Status(no_route(supposed.method, supposed.path, match));
  if (!so_far.add("route", there, found ? std::string(match.route->path) : std::string())) return false;
  so_far.parameter = std::move(*parameter);
  so_far.version = std::move(*second);
  return true;
}

bool let_in(const Secret<std::string>& credential, const Examine& examine, const ExplainRules& rules, Explanation& so_far) {
  if (so_far.route->open()) {
    so_far.add("credential", ok(), "none is looked at here");
    return false;
  }
  if (rules.everybody) {
    so_far.who = rules.everybody;
    return so_far.add("credential", ok(), described(*so_far.who));
  }
  const Status kind = identity::check_kind(credential, kind_for(*so_far.route));
  if (!kind) return so_far.refuse("credential", kind.error(), kind.error().detail());
  const identity::Examined examined = examine();
  if (!examined.principal) return so_far.refuse("credential", examined.principal.error(), examined.principal.error().detail());
  so_far.who = *examined.principal;
  return so_far.add("credential", ok(), described(*so_far.who));
}

bool check_place(const Supposed& supposed, Explanation& so_far) {
  if (!so_far.who->from) return so_far.add("address", ok(), "it may come from anywhere");
  if (supposed.address.empty())
    return so_far.add("address", ok(), "not looked at: it may come from some networks alone, and no address was said");
  return so_far.add("address", check_address(*so_far.who, supposed.address), "it may come from there");
}

// Which model a route is about, and how it finds it; nothing: it is about none.
using ChooseModel = Result<const ServedModel*> (*)(const ServedModels&, const identity::Principal&, const std::string&);
struct ModelQuestion {
  ChooseModel choose = nullptr;
  bool by_path = false;  // else by the body
};
ModelQuestion model_question(Action action) {
  switch (action) {
    case Action::oip_generate:
    case Action::oip_generate_stream:
      return {choose_model, true};
    case Action::get_model:
    case Action::oip_model:
    case Action::oip_model_ready:
      return {choose_any_model, true};
    case Action::predict:
      return {choose_tensor_model};
    case Action::infer:
    case Action::tensor_predict:
      return {choose_tensor_model, true};
    case Action::nlu_predict:
    case Action::nlu_extract:
    case Action::nlu_decide:
      return {choose_nlu_model};
    case Action::embeddings:
      return {choose_embedding_model};
    case Action::rerank:
      return {choose_rerank_model};
    default:
      return {generates(action) ? choose_model : nullptr};
  }
}

bool check_model(const Supposed& supposed, const ExplainRules& rules, Explanation& so_far) {
  const ModelQuestion question = model_question(so_far.route->action);
  if (question.choose == nullptr) return true;
  if (rules.models == nullptr) return so_far.add("model", ok(), "not looked at: which models there are is not known");
  const Result<const ServedModel*> model =
      question.choose(*rules.models, *so_far.who, question.by_path ? so_far.parameter : supposed.model);
  const Result<const ServedModel*> version = model ? choose_version(*rules.models, **model, so_far.version) : model;
  const Status usable = version ? ok() : Status(version.error());
  return so_far.add("model", usable, model ? (*model)->name : std::string());
}

bool check_ceilings(const Supposed& supposed, const ExplainRules& rules, Explanation& so_far) {
  if (!generates(so_far.route->action)) return true;
  Generation generation = generation_of(supposed);
  if (!so_far.add("server ceilings", keep_below(rules.ceilings, generation), "it asks for no more than this server allows")) return false;
  const std::string why =
      so_far.who->role.empty() ? "there is no role" : "it asks for no more than the role " + so_far.who->role + " allows";
  return so_far.add("role ceilings", keep_below(so_far.who->role_grants.ceilings, generation), why);
}

void write_principal(wire::JsonWriter& json, const identity::PrincipalPtr& who) {
  if (!who) {
    json.member_null("principal");
    return;
  }
  json.key("principal").begin_object().member("tenant_id", who->tenant.value());
  json.member_or_null("user_id", who->is_a_users() ? std::string_view(who->subject) : std::string_view());
  json.member_or_null("key_id", who->key ? std::string_view(who->key->value()) : std::string_view()).member_or_null("role", who->role);
  json.key("scopes").begin_list();
  for (const std::string& scope : who->scopes.names()) json.value(scope);
  json.end_list().end_object();
}

}  // namespace

std::optional<MethodAndTarget> read_route(std::string_view text) {
  const std::size_t blank = text.find(' ');
  const auto method = std::ranges::find(all_methods, text.substr(0, blank), [](Method one) { return to_string(one); });
  if (blank == std::string_view::npos || method == all_methods.end()) return std::nullopt;
  const std::string_view target = text.substr(blank + 1);
  if (!target.starts_with('/') || target.find(' ') != std::string_view::npos) return std::nullopt;
  const std::size_t mark = std::min(target.find('?'), target.size());
  return MethodAndTarget{*method, target.substr(0, mark), target.substr(std::min(mark + 1, target.size()))};
}

bool Explanation::add(std::string_view name, const Status& decided, std::string why) {
  if (!decided) return refuse(name, decided.error(), {});
  checks_.push_back({name, true, {}, std::move(why)});
  return true;
}

bool Explanation::refuse(std::string_view name, const Error& error, std::string_view inside) {
  std::string detail = error.public_text();
  if (!error.param().empty()) detail.append(" (").append(error.param()).append(")");
  if (!inside.empty()) detail.append(": ").append(inside);
  checks_.push_back({name, false, rule_of(error.reason()), std::move(detail)});
  refusal_ = error;
  return false;
}

Explanation explain(const Supposed& supposed, const Secret<std::string>& credential, const Examine& examine, const ExplainRules& rules) {
  Explanation so_far;
  if (!find(supposed, so_far) || !let_in(credential, examine, rules, so_far)) return so_far;
  if (!check_place(supposed, so_far)) return so_far;
  if (!so_far.add("scope", check_scope(*so_far.route, *so_far.who), why_scope(*so_far.route, *so_far.who))) return so_far;
  if (check_model(supposed, rules, so_far)) check_ceilings(supposed, rules, so_far);
  return so_far;
}

std::string explanation_text(const Explanation& explanation) {
  const std::optional<Error>& refusal = explanation.refusal();
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("allowed", !refusal.has_value());
  json.member("status", refusal ? status_of(*refusal, explanation.dialect) : explanation.route->success);
  json.member_or_null("rule", refusal ? rule_of(refusal->reason()) : std::string_view());
  json.member("message", refusal ? std::string_view(refusal->public_text()) : std::string_view("It would be allowed"));
  write_principal(json, explanation.who);
  json.key("checks").begin_list();
  for (const Check& check : explanation.checks()) {
    json.begin_object().member("check", check.name).member("passed", check.passed).member_or_null("rule", check.rule);
    json.member("detail", check.detail).end_object();
  }
  json.end_list().end_object();
  return text;
}

}  // namespace gatehouse::gateway
