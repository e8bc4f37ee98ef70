// gateway/admin/model_routes.cc — models as operators list them, load them and put them away.
#include <charconv>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "decisions.h"
#include "gatehouse/gateway/administration.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::gateway {
namespace {

void write_model_state(wire::JsonWriter& json, const ServedModel& model) {
  json.begin_object().member("name", model.name).member("version", model.version).member("kind", to_string(model.kind()));
  json.member("state", to_string(model.life())).member("reason", model.detail()).end_object();
}

Error no_server() {
  return Error(Code::unavailable, Origin::operator_, "no_server", "No server runs on this data folder: its start loads the models");
}

Error no_such_model(const std::string& name) {
  return Error(Code::not_found, Origin::caller, "model_not_found", "The server has no model '" + name + "'").with_param("name");
}

// What the path says; no version where it says none.
Result<std::optional<std::uint32_t>> read_version(const std::string& text) {
  if (text.empty()) return std::optional<std::uint32_t>();
  std::uint32_t version = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), version);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && version > 0) return std::optional(version);
  return Error(Code::not_found, Origin::caller, "model_not_found", "'" + text.substr(0, 64) + "' is no version: versions are 1, 2, 3 …")
      .with_param("version");
}

// What comes of an order, on the reactor of who asked.
struct OrderPending {
  explicit OrderPending(Reactor& reactor) : done(reactor) {}
  Signal done;
  std::optional<Result<ServedModelPtr>> told;
};

OrderTold tell_on(Reactor& reactor, const std::shared_ptr<OrderPending>& pending) {
  return [&reactor, pending](Result<ServedModelPtr> told) {
    reactor.post([pending, told = std::move(told)]() mutable {
      pending->told.emplace(std::move(told));
      pending->done.raise();
    });
  };
}

void order_engine(const ServedModel& model, ModelOrder::What what) {
  if (what == ModelOrder::What::load) model.runner().load();
  if (what == ModelOrder::What::unload) model.runner().unload();
}

}  // namespace

Result<const ServedModel*> Administration::model_named(const std::string& name) const {
  if (models_ == nullptr) return no_server();
  const ServedModel* const model = name.empty() ? nullptr : models_->named(name);
  if (model == nullptr) return no_such_model(name);
  return model;
}

Task<Result<ServedModelPtr>> Administration::order_model(Reactor& reactor, const Question& question, ModelOrder::What what) const {
  if (models_ == nullptr) co_return no_server();
  const Result<std::optional<std::uint32_t>> version = read_version(question.second);
  if (!version) co_return version.error();
  const ServedModel* const named = models_->named(question.parameter);
  telemetry::log::info("models", what == ModelOrder::What::load ? "load asked for" : "unload asked for",
                       {{"model", question.parameter}, {"version", question.second}});
  if (named != nullptr && !named->stand) {
    const Result<const ServedModel*> chosen = choose_version(*models_, *named, question.second);
    if (!chosen) co_return chosen.error();
    order_engine(**chosen, what);
    co_return held(**chosen);
  }
  // One that nobody knows of may stand in a folder by now.
  if (!models_->orders()) co_return no_such_model(question.parameter);
  ModelOrder order;
  order.what = what;
  order.name = named != nullptr ? named->name : question.parameter;
  order.version = *version;
  const auto pending = std::make_shared<OrderPending>(reactor);
  models_->orders()(std::move(order), tell_on(reactor, pending));
  co_await pending->done.wait();
  co_return std::move(*pending->told);
}

Task<Result<Reply>> Administration::change_model(Reactor& reactor, Question question) const {
  const auto what = question.action == Action::model_load ? ModelOrder::What::load : ModelOrder::What::unload;
  const Result<ServedModelPtr> ordered = co_await order_model(reactor, question, what);
  if (!ordered) co_return ordered.error();
  std::string text;
  wire::JsonWriter json(text);
  write_model_state(json, **ordered);
  co_return Reply(202, std::move(text));
}

Reply Administration::models() const {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().key("data").begin_list();
  for (const ServedModel* model : models_ == nullptr ? ServedModels::List() : models_->all()) write_model_state(json, *model);
  json.end_list().member("has_more", false).end_object();
  return {200, std::move(text)};
}

}  // namespace gatehouse::gateway
