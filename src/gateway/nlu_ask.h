// gateway/nlu_ask.h — what a body asks about a text, whichever of the three routes it came by, and how that is answered.
// Threads  value types, pure functions
// Errors   those of the bodies' readers; invalid_value (labels, task)
#pragma once
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/nlu/extraction.h"
#include "gatehouse/nlu/tasks.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/nlu/decisions.h"

namespace gatehouse::gateway {

struct NluForms {
  wire::NluForm form = wire::NluForm::paths;
  wire::NluScores scores = wire::NluScores::shown;
};

struct NluAsk {
  std::string model;                                // as it was asked for; empty: the default
  std::optional<nlu::Task> said;                    // what the request itself takes it for
  std::vector<nlu::Request> requests;               // one; of decisions one a question
  NluForms forms = {};                              // of what was found
  std::vector<wire::DecisionQuestion> questions{};  // of decisions
};
Result<NluAsk> read_ask(Action action, const wire::JsonValue& body);

// Each once, in the order of Task.
Result<std::vector<nlu::Task>> tasks_of(const NluAsk& ask, std::span<const std::string> event_types);
// "ner,re"
std::string names_of(std::span<const nlu::Task> tasks);
// What is asked, as it is kept where contents are: {"text","schema"}, masked.
std::string content_of(const NluAsk& ask);

// All that an answer depends on beside its tenant and its model: no two that differ in any of that look alike. tasks: its names_of()
std::string all_that_is_asked(Action action, const NluAsk& ask, std::string_view tasks);

// What was computed for it, once that is done.
struct NluFindings {
  std::span<const nlu::Extraction> extractions;
  std::string_view model, tasks;
  std::uint64_t tokens = 0;
};
Result<std::string> reply_to(Action action, const NluAsk& ask, const NluFindings& findings);

}  // namespace gatehouse::gateway
