// wire/nlu/decisions.h — POST /v1/decisions: questions about a text whose answers are known beforehand, and how likely each is.
// Rules    predicate: yes or no; choice: one of 2 to 255 values; score: one of 2 to 10 levels, and the mean level
// Limits   1 to 128 questions
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
// Source   docs/ARCHITECTURE.md, "Chinese by schema"
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

enum class DecisionKind : std::uint8_t { predicate, choice, score };

// What comes back where it is chosen: a text, or true or false.
struct ChoiceValue {
  std::string text;
  std::optional<bool> truth;  // then the text says nothing
};
struct DecisionChoice {
  ChoiceValue value;
  std::string description;  // what the model reads in place of the value; empty: that
};
struct DecisionLevel {
  std::string label;
};

struct DecisionQuestion {
  DecisionKind type = DecisionKind::predicate;
  std::optional<std::string> name;
  std::string instructions;
  std::vector<DecisionChoice> choices;
  std::vector<DecisionLevel> levels;
};

// A text, or the texts of messages, line by line.
struct DecisionInput {
  std::string text;
};

struct DecisionsRequest {
  std::string model;  // empty: the default
  DecisionInput input;
  std::vector<DecisionQuestion> questions;
};

Result<DecisionsRequest> read_decisions_request(const JsonValue& body);
void decisions_request_schema(JsonWriter& json);

// What a model reads of a question's answers, one by one.
std::vector<std::string> labels_of(const DecisionQuestion& question);

// chances: of each question's labels, in their order; of none: it could not be answered.
void write_decisions_reply(std::string& out, std::string_view model, std::span<const DecisionQuestion> questions,
                           std::span<const std::vector<double>> chances, std::uint64_t tokens);
void decisions_reply_schema(JsonWriter& json);

}  // namespace gatehouse::wire
