#include "nlu_ask.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gatehouse/gateway/content_rules.h"
#include "gatehouse/nlu/foreign_labels.h"
#include "gatehouse/nlu/labels.h"
#include "gatehouse/wire/nlu/replies.h"
#include "gatehouse/wire/nlu/requests.h"

namespace gatehouse::gateway {
namespace {

nlu::Request request_about(std::string text, wire::NluSchema schema) { return {.text = std::move(text), .schema = std::move(schema)}; }

Result<NluAsk> read_predict(const wire::JsonValue& body) {
  GH_TRY(wire::NluPredictRequest sent, wire::read_nlu_predict_request(body));
  NluAsk ask;
  ask.model = std::move(sent.model);
  ask.forms.form = sent.format;
  ask.requests.push_back(request_about(std::move(sent.text), std::move(sent.schema)));
  GH_CHECK(nlu::read_foreign_labels(ask.requests.front()));
  return ask;
}

Result<NluAsk> read_extract(const wire::JsonValue& body) {
  GH_TRY(wire::NluExtractRequest sent, wire::read_nlu_extract_request(body));
  NluAsk ask;
  ask.model = std::move(sent.model);
  ask.said = nlu::task_named(sent.task);
  ask.forms = {sent.format, sent.scores ? wire::NluScores::shown : wire::NluScores::left_out};
  nlu::Request& request = ask.requests.emplace_back(request_about(std::move(sent.text), std::move(sent.schema)));
  request.labels = std::move(sent.labels);
  request.unit = sent.offset_unit;
  if (sent.mode == wire::NluMode::compat) request.decoding = nlu::Decoding::compat;
  if (sent.mode == wire::NluMode::multi) request.decoding = nlu::Decoding::multi;
  GH_CHECK(nlu::read_foreign_labels(request));
  return ask;
}

// Where the labels of a question come from, as a path of its body.
std::string place_of_label(const wire::DecisionQuestion& question, std::string_view fault) {
  if (question.type == wire::DecisionKind::score) return "/levels" + std::string(fault) + "/label";
  return "/choices" + std::string(fault);
}

// Labels that stand in front of a text, one by one: not every text can be one.
Status check_choices(const NluAsk& ask) {
  std::vector<FieldFault> faults;
  for (std::size_t i = 0; i < ask.questions.size(); ++i) {
    const Status checked = nlu::check_labels(ask.requests[i].labels);
    if (checked) continue;
    for (const FieldFault& fault : checked.error().faults()) {
      const std::string_view place = std::string_view(fault.path).substr(std::string_view("/labels").size());
      faults.emplace_back("/questions/" + std::to_string(i) + place_of_label(ask.questions[i], place), fault.message, fault.expected);
    }
  }
  if (faults.empty()) return ok();
  std::string text = "What can be chosen from is not right: " + faults.front().path + " " + faults.front().message;
  return caller_error("invalid_value", std::move(text)).with_param("questions").with_faults(std::move(faults));
}

Result<NluAsk> read_decisions(const wire::JsonValue& body) {
  GH_TRY(wire::DecisionsRequest sent, wire::read_decisions_request(body));
  NluAsk ask;
  ask.model = std::move(sent.model);
  for (const wire::DecisionQuestion& question : sent.questions) {
    wire::NluSchema schema;
    schema.keys.emplace_back().name = question.instructions;
    ask.requests.push_back(request_about(sent.input.text, std::move(schema)));
    ask.requests.back().labels = wire::labels_of(question);
  }
  ask.questions = std::move(sent.questions);
  GH_CHECK(check_choices(ask));
  return ask;
}

nlu::Labelled labelled(const nlu::Request& request) {
  const bool are_there = !request.labels.empty() || !nlu::labels_in_front(request.text).labels.empty();
  return are_there ? nlu::Labelled::yes : nlu::Labelled::no;
}

Result<std::string> decisions_reply(const NluAsk& ask, const NluFindings& findings) {
  std::vector<std::vector<double>> chances;
  for (const nlu::Extraction& one : findings.extractions) {
    const std::span<const double> found = one.chances(0);
    chances.emplace_back(found.begin(), found.end());
  }
  std::string json;
  wire::write_decisions_reply(json, findings.model, ask.questions, chances, findings.tokens);
  return json;
}

void put_request(wire::JsonWriter& json, const nlu::Request& request) {
  json.begin_list().value(request.text);
  wire::write_nlu_schema(json, request.schema);
  json.begin_list();
  for (const std::string& label : request.labels) json.value(label);
  json.end_list();
  json.value(static_cast<int>(request.decoding)).value(static_cast<int>(request.answers)).value(static_cast<int>(request.unit));
  if (request.lexicon) json.value(request.lexicon->edition());
  json.end_list();
}

void put_question(wire::JsonWriter& json, const wire::DecisionQuestion& question) {
  json.begin_list().value(static_cast<int>(question.type)).value(question.instructions);
  if (question.name) json.begin_list().value(*question.name).end_list();
  for (const wire::DecisionChoice& choice : question.choices) {
    json.begin_object().member("text", choice.value.text).member("description", choice.description);
    if (choice.value.truth) json.member("truth", *choice.value.truth);
    json.end_object();
  }
  for (const wire::DecisionLevel& level : question.levels) json.value(level.label);
  json.end_list();
}

}  // namespace

Result<NluAsk> read_ask(Action action, const wire::JsonValue& body) {
  if (action == Action::nlu_extract) return read_extract(body);
  if (action == Action::nlu_decide) return read_decisions(body);
  return read_predict(body);
}

Result<std::vector<nlu::Task>> tasks_of(const NluAsk& ask, std::span<const std::string> event_types) {
  std::vector<nlu::Task> tasks;
  for (const nlu::Request& request : ask.requests) {
    if (ask.said) {
      GH_TRY(const nlu::Task said, nlu::task_said(*ask.said, request.schema, labelled(request)));
      tasks.push_back(said);
      continue;
    }
    const std::vector<nlu::Task> seen = nlu::tasks_of(request.schema, labelled(request), event_types);
    tasks.insert(tasks.end(), seen.begin(), seen.end());
  }
  std::ranges::sort(tasks);
  const auto twice = std::ranges::unique(tasks);
  tasks.erase(twice.begin(), twice.end());
  return tasks;
}

std::string names_of(std::span<const nlu::Task> tasks) {
  std::string names;
  for (const nlu::Task task : tasks) names.append(names.empty() ? "" : ",").append(to_string(task));
  return names;
}

std::string content_of(const NluAsk& ask) {
  std::string asked;
  wire::JsonWriter json(asked);
  if (ask.requests.size() == 1) {
    wire::write_nlu_schema(json, ask.requests.front().schema);
  } else {
    json.begin_list();
    for (const nlu::Request& request : ask.requests) wire::write_nlu_schema(json, request.schema);
    json.end_list();
  }
  return content_of(ask.requests.front().text, asked);
}

std::string all_that_is_asked(Action action, const NluAsk& ask, std::string_view tasks) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_list().value(static_cast<int>(action)).value(tasks);
  json.value(static_cast<int>(ask.forms.form)).value(static_cast<int>(ask.forms.scores));
  for (const nlu::Request& request : ask.requests) put_request(json, request);
  for (const wire::DecisionQuestion& question : ask.questions) put_question(json, question);
  json.end_list();
  return text;
}

Result<std::string> reply_to(Action action, const NluAsk& ask, const NluFindings& findings) {
  if (action == Action::nlu_decide) return decisions_reply(ask, findings);
  GH_TRY(const std::vector<wire::NluPath> paths, findings.extractions.front().answer());
  std::string json;
  if (action == Action::nlu_predict) {
    wire::write_nlu_predict_reply(json, paths, ask.forms.form);
  } else {
    wire::NluExtractFacts facts;
    facts.model = findings.model;
    facts.task = findings.tasks;
    facts.form = ask.forms.form;
    facts.scores = ask.forms.scores;
    facts.tokens = findings.tokens;
    wire::write_nlu_extract_reply(json, paths, facts);
  }
  return json;
}

}  // namespace gatehouse::gateway
