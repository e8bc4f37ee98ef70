#include "audit_notes.h"

#include <algorithm>
#include <array>
#include <optional>

#include "gatehouse/net/networks.h"
#include "rules.h"

namespace gatehouse::gateway {
namespace {

struct Name {
  Action action;
  std::string_view name, about;  // about: the kind of what it is about
};

// Part of the data format: never change one.
constexpr std::array names{
    Name{Action::root, "get_root", {}},
    Name{Action::version, "get_version", {}},
    Name{Action::liveness, "probe_liveness", {}},
    Name{Action::readiness, "probe_readiness", {}},
    Name{Action::startup, "probe_startup", {}},
    Name{Action::health_ping, "probe_ping", {}},
    Name{Action::health_status, "probe_status", {}},
    Name{Action::openapi, "get_openapi", {}},
    Name{Action::list_models, "list_models", {}},
    Name{Action::get_model, "get_model", "model"},
    Name{Action::chat, "llm_chat", "model"},
    Name{Action::completion, "llm_completion", "model"},
    Name{Action::llm_generate, "llm_generate", "model"},
    Name{Action::messages, "llm_messages", "model"},
    Name{Action::count_tokens, "llm_count_tokens", "model"},
    Name{Action::oip_generate, "llm_generate", "model"},
    Name{Action::oip_generate_stream, "llm_generate", "model"},
    Name{Action::predict, "predict", "model"},
    Name{Action::nlu_predict, "nlu_predict", "model"},
    Name{Action::nlu_extract, "nlu_extract", "model"},
    Name{Action::nlu_decide, "nlu_decide", "model"},
    Name{Action::embeddings, "embeddings", "model"},
    Name{Action::rerank, "rerank", "model"},
    Name{Action::oip_server, "get_version", {}},
    Name{Action::oip_live, "probe_liveness", {}},
    Name{Action::oip_ready, "probe_readiness", {}},
    Name{Action::oip_model, "get_model", "model"},
    Name{Action::oip_model_ready, "get_model_readiness", "model"},
    Name{Action::oip_stats, "get_model_statistics", "model"},
    Name{Action::oip_all_stats, "get_model_statistics", {}},
    Name{Action::infer, "infer", "model"},
    Name{Action::tensor_predict, "predict", "model"},
    Name{Action::metrics, "get_metrics", {}},
    Name{Action::echo, "echo", {}},
    Name{Action::echo_plain, "echo", {}},
    Name{Action::docs, "get_docs", {}},
    Name{Action::redoc, "get_docs", {}},
    Name{Action::docs_file, "get_docs", {}},
    Name{Action::nlu_page, "get_nlu_page", {}},
    Name{Action::tenants_list, "list_tenants", {}},
    Name{Action::tenant_add, "create_tenant", "tenant"},
    Name{Action::tenant_get, "get_tenant", "tenant"},
    Name{Action::tenant_set, "update_tenant", "tenant"},
    Name{Action::tenant_delete, "delete_tenant", "tenant"},
    Name{Action::tenant_export, "export_tenant", "tenant"},
    Name{Action::lexicon_get, "get_lexicon", "tenant"},
    Name{Action::lexicon_set, "set_lexicon", "tenant"},
    Name{Action::lexicon_delete, "delete_lexicon", "tenant"},
    Name{Action::keys_list, "list_api_keys", {}},
    Name{Action::key_add, "create_api_key", "api_key"},
    Name{Action::key_get, "get_api_key", "api_key"},
    Name{Action::key_set, "update_api_key", "api_key"},
    Name{Action::key_revoke, "revoke_api_key", "api_key"},
    Name{Action::key_rotate, "rotate_api_key", "api_key"},
    Name{Action::token_issue, "issue_token", "token"},
    Name{Action::token_inspect, "inspect_token", {}},
    Name{Action::revocation_add, "revoke", "revocation"},
    Name{Action::users_list, "list_users", {}},
    Name{Action::user_add, "create_user", "user"},
    Name{Action::user_get, "get_user", "user"},
    Name{Action::user_set, "update_user", "user"},
    Name{Action::user_delete, "delete_user", "user"},
    Name{Action::user_password, "set_user_password", "user"},
    Name{Action::user_reset, "create_password_reset", "user"},
    Name{Action::user_sessions_end, "end_user_sessions", "user"},
    Name{Action::invitation_add, "create_invitation", "invitation"},
    Name{Action::invitations_list, "list_invitations", {}},
    Name{Action::invitation_delete, "delete_invitation", "invitation"},
    Name{Action::resets_list, "list_password_resets", {}},
    Name{Action::reset_delete, "delete_password_reset", "password_reset"},
    Name{Action::roles_list, "list_roles", {}},
    Name{Action::role_add, "create_role", "role"},
    Name{Action::role_get, "get_role", "role"},
    Name{Action::role_set, "update_role", "role"},
    Name{Action::role_delete, "delete_role", "role"},
    Name{Action::budgets_list, "list_budgets", {}},
    Name{Action::budget_add, "create_budget", "budget"},
    Name{Action::budget_get, "get_budget", "budget"},
    Name{Action::budget_set, "update_budget", "budget"},
    Name{Action::budget_delete, "delete_budget", "budget"},
    Name{Action::explain, "explain", {}},
    Name{Action::usage_all, "get_all_usage", {}},
    Name{Action::models_state, "list_model_states", {}},
    Name{Action::model_load, "load_model", "model"},
    Name{Action::model_unload, "unload_model", "model"},
    Name{Action::repository_index, "list_model_states", {}},
    Name{Action::repository_load, "load_model", "model"},
    Name{Action::repository_unload, "unload_model", "model"},
    Name{Action::signing_keys_list, "list_signing_keys", {}},
    Name{Action::signing_key_rotate, "rotate_signing_key", "signing_key"},
    Name{Action::login, "login", "user"},
    Name{Action::logout, "logout", "token"},
    Name{Action::me, "get_me", {}},
    Name{Action::refresh, "refresh", "user"},
    Name{Action::register_self, "register", "user"},
    Name{Action::own_password, "change_password", "user"},
    Name{Action::password_reset, "reset_password", "user"},
    Name{Action::sessions_list, "list_sessions", {}},
    Name{Action::session_end, "end_session", "session"},
    Name{Action::usage, "get_usage", {}},
    Name{Action::jwks, "get_jwks", {}},
    Name{Action::audit, "get_audit", "contents"},
    Name{Action::audit_all, "get_all_audit", "contents"},
    Name{Action::own_keys_list, "list_api_keys", {}},
    Name{Action::own_key_add, "create_api_key", "api_key"},
    Name{Action::own_key_set, "update_api_key", "api_key"},
    Name{Action::own_key_revoke, "revoke_api_key", "api_key"},
    Name{Action::own_key_rotate, "rotate_api_key", "api_key"},
};

constexpr std::size_t longest_text = 256;  // what a caller chooses must not fill the disk

const Name& action_name(Action action) {
  static constexpr Name nameless{Action::root, "request", {}};
  const auto found = std::ranges::find(names, action, &Name::action);
  return found == names.end() ? nameless : *found;
}

std::string capped(std::string_view text) { return std::string(text.substr(0, longest_text)); }

// A user's id; empty where no user stands behind the credential.
std::string_view user_of(const identity::Principal& who) { return who.is_a_users() ? std::string_view(who.subject) : std::string_view(); }

std::string_view outcome_of(const Decision& decision) {
  if (decision.status == 0 || decision.reason == "client_gone") return "client_gone";
  if (decision.status < 400) return decision.reason.empty() ? "ok" : "failed";
  return decision.status < 500 ? "refused" : "failed";
}

// Nobody was let in, and still it is known whom that was about.
const Subject::Who* whom(const Decision& decision) {
  const bool known = decision.who == nullptr && decision.subject != nullptr && decision.subject->who;
  return known ? &*decision.subject->who : nullptr;
}

void say_whom(telemetry::AuditRecord& record, const Subject& subject, const Name& name) {
  if (!subject.object.empty()) {
    record.resource_type = name.about;
    record.resource_id = capped(subject.object);
  }
  if (subject.who) {
    record.tenant = subject.who->tenant;
    record.tenant_number = subject.who->tenant_number;
    record.user = subject.who->user;
  }
}

// Of IPv6 the network: whoever has one has as many addresses as there are names to crowd out.
std::string network_of(std::string_view address) {
  constexpr std::size_t bytes_of_network = 8;
  std::optional<net::IpAddress> known = net::parse_address(address);
  if (!known || known->is_v4()) return capped(address);
  std::fill(known->bytes.begin() + bytes_of_network, known->bytes.end(), std::uint8_t{0});
  return net::to_text(*known) + "/64";
}

// network: where it came from, for strangers. Of those who try somebody's account it is left out: they could be of ever more kinds.
AuditLikeness likeness_of(const Decision& decision, std::string_view network) {
  AuditLikeness like;
  like.route = &decision.route;
  like.minute = minute_of(decision.at);
  like.outcome = outcome_of(decision);
  like.rule = rule_of(decision.reason);
  if (decision.who == nullptr) {
    const Subject::Who* const who = whom(decision);
    if (who == nullptr) {
      like.address = network;
      return like;
    }
    like.tenant = who->tenant.value();
    like.tenant_number = who->tenant_number;
    like.who = who->user;
    return like;
  }
  like.tenant = decision.who->tenant.value();
  like.tenant_number = decision.who->tenant_number;
  like.who = decision.who->key ? std::string_view(decision.who->key->value()) : user_of(*decision.who);
  return like;
}

telemetry::AuditContent content_beside(const telemetry::AuditRecord& record, const Ledger& ledger) {
  telemetry::AuditContent content;
  content.tenant_number = record.tenant_number;
  content.request_id = record.request_id;
  content.time = record.time;
  content.text = ledger.content;
  return content;
}

}  // namespace

std::string_view audit_name(Action action) { return action_name(action).name; }

telemetry::AuditRecord record_of(const Decision& decision) {
  const Name& name = action_name(decision.route.action);
  telemetry::AuditRecord record;
  record.time = std::chrono::floor<std::chrono::microseconds>(decision.at);
  record.action = name.name;
  record.route = std::string(to_string(decision.route.method)).append(" ").append(decision.route.path);
  record.outcome = outcome_of(decision);
  record.rule = rule_of(decision.reason);
  record.request_id = capped(decision.request_id);
  record.address = capped(decision.address);
  record.status = decision.status;
  if (!decision.object.empty()) {
    record.resource_type = name.about;
    record.resource_id = capped(decision.object);
  }
  if (decision.who != nullptr) {
    record.tenant = decision.who->tenant;
    record.tenant_number = decision.who->tenant_number;
    record.user = user_of(*decision.who);
    if (decision.who->key) record.key = decision.who->key->value();
  }
  if (whom(decision) != nullptr) say_whom(record, *decision.subject, name);
  return record;
}

telemetry::AuditRecord record_of(const Decision& decision, const Reply& reply) {
  telemetry::AuditRecord record = record_of(decision);
  record.status = reply.status;
  record.outcome = "ok";
  say_whom(record, reply.subject, action_name(decision.route.action));
  return record;
}

bool is_intended(const Route& route) {
  return administrates(route.action) && route.action != Action::explain && route.audit == AuditClass::each &&
         route.method != wire::Method::get;
}

bool changed_nothing(const Error& error) { return error.origin() == Origin::caller; }

telemetry::AuditRecord intent_of(const Decision& decision) {
  telemetry::AuditRecord record = record_of(decision);
  record.outcome = telemetry::audit_interrupted;
  return record;
}

void put_on_record(AuditBook& book, const Decision& decision, const Ledger& ledger) {
  const bool allowed = decision.status > 0 && decision.status < 400 && decision.reason.empty();
  const auto make = [&] {
    telemetry::AuditRecord record = record_of(decision);
    if (!ledger.model.empty()) {
      record.model = ledger.model;
      record.task = ledger.task.empty() ? "llm" : ledger.task;
      record.finish = ledger.finish;
      record.prompt_tokens = ledger.usage.prompt_tokens;
      record.completion_tokens = ledger.usage.completion_tokens;
    }
    return record;
  };
  const bool nobody = decision.who == nullptr && whom(decision) == nullptr, counted = decision.route.audit == AuditClass::folded;
  const std::string network = decision.who == nullptr ? network_of(decision.address) : std::string();
  if (nobody || (allowed && counted)) {
    book.count(likeness_of(decision, network), make);
  } else if (counted || (!allowed && !ledger.generated_for)) {
    book.refuse(likeness_of(decision, network), make);
  } else {
    telemetry::AuditRecord record = make();
    if (!ledger.content.empty()) book.add(content_beside(record, ledger));
    book.add(std::move(record));
  }
}

}  // namespace gatehouse::gateway
