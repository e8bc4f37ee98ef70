#include "gatehouse/wire/nlu/decisions.h"

#include <algorithm>
#include <array>

#include "gatehouse/wire/json/codec.h"

namespace gatehouse::wire {

template <>
struct EnumNames<DecisionKind> {
  static constexpr std::array<std::string_view, 3> names{"predicate", "choice", "score"};
};

namespace {

constexpr std::string_view said_yes = "是的", said_no = "不是";
constexpr std::array<std::string_view, 1> message_types{"message"};
constexpr std::array<std::string_view, 1> part_types{"input_text"};

// How OpenAI's clients send a text.
struct InputPart {
  std::string type, text;
};
struct PartTexts {
  std::string text;
};
struct InputMessage {
  std::string type, role;
  PartTexts content;
};

template <class T>
void join_lines(const std::vector<T>& parts, std::string T::* text, std::string& out) {
  for (const T& part : parts) out.append(&part == parts.data() ? "" : "\n").append(part.*text);
}

}  // namespace

template <>
struct Description<InputPart> {
  static constexpr auto fields() {
    return std::array{field<&InputPart::type>("type", "only text can be read").choices(part_types).required(),
                      field<&InputPart::text>("text", "the text").required()};
  }
};

template <>
struct Codec<PartTexts> {
  static void read(const JsonValue& v, PartTexts& out, const Rules&, Reading& r) {
    if (v.is_string()) return static_cast<void>(out.text.assign(v.string()));
    if (!v.is_list()) return wrong_kind(v, "a string or a list of texts", r);
    std::vector<InputPart> parts;
    Codec<std::vector<InputPart>>::read(v, parts, Rules{}, r);
    join_lines(parts, &InputPart::text, out.text);
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.key("anyOf").begin_list();
    w.begin_object().member("type", "string").end_object().begin_object();
    Codec<std::vector<InputPart>>::schema(w, Rules{});
    w.end_object().end_list();
  }
};

template <>
struct Description<InputMessage> {
  static constexpr auto fields() {
    return std::array{field<&InputMessage::type>("type", "the kind of item").choices(message_types),
                      field<&InputMessage::role>("role", "who speaks; without effect"),
                      field<&InputMessage::content>("content", "what is said").required()};
  }
};

template <>
struct Codec<DecisionInput> {
  static void read(const JsonValue& v, DecisionInput& out, const Rules&, Reading& r) {
    if (v.is_string()) {
      out.text.assign(v.string());
    } else if (v.is_list()) {
      std::vector<InputMessage> messages;
      Codec<std::vector<InputMessage>>::read(v, messages, Rules{}, r);
      for (const InputMessage& message : messages) out.text.append(&message == messages.data() ? "" : "\n").append(message.content.text);
    } else {
      return wrong_kind(v, "a string or a list of messages", r);
    }
    // Of messages in which something is wrong it is told where.
    if (out.text.empty() && (v.is_string() || r.clean())) r.fault("is empty", "a text of at least one character");
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.key("anyOf").begin_list();
    w.begin_object().member("type", "string").member("minLength", 1).end_object().begin_object();
    Codec<std::vector<InputMessage>>::schema(w, Rules{});
    w.end_object().end_list();
  }
};

template <>
struct Codec<ChoiceValue> {
  static void read(const JsonValue& v, ChoiceValue& out, const Rules&, Reading& r) {
    if (v.is_bool()) {
      out.truth = v.boolean();
    } else if (v.is_string() && !v.string().empty()) {
      out.text.assign(v.string());
    } else {
      wrong_kind(v, "a string that is not empty, true or false", r);
    }
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.key("anyOf").begin_list().begin_object().member("type", "string").member("minLength", 1).end_object();
    w.begin_object().member("type", "boolean").end_object().end_list();
  }
};

template <>
struct Description<DecisionChoice> {
  static constexpr auto fields() {
    return std::array{field<&DecisionChoice::value>("value", "what comes back where it is chosen").required(),
                      field<&DecisionChoice::description>("description", "what the model reads in place of the value")};
  }
};

template <>
struct Description<DecisionLevel> {
  static constexpr auto fields() {
    return std::array{field<&DecisionLevel::label>("label", "what the model reads").length(1, 64).required()};
  }
};

template <>
struct Description<DecisionQuestion> {
  using Q = DecisionQuestion;
  static constexpr auto fields() {
    return std::array{
        field<&Q::type>("type", "predicate: yes or no; choice: one of choices; score: one of levels").required(),
        field<&Q::name>("name", "comes back with the answer").length(1, 256).nullable(),
        field<&Q::instructions>("instructions", "the question").length(1, 256).required(),
        field<&Q::choices>("choices", "of a choice").items(2, 255),
        field<&Q::levels>("levels", "of a score, from low to high").items(2, 10),
    };
  }
  static void check(const Q& question, Reading& reading) {
    const auto belongs = [&](std::string_view member, bool there, DecisionKind kind) {
      if (there && question.type != kind) reading.fault_at(member, "belongs to another type of question", "no such member");
      if (!there && question.type == kind) reading.fault_at(member, "is missing", "what can be chosen");
    };
    belongs("choices", !question.choices.empty(), DecisionKind::choice);
    belongs("levels", !question.levels.empty(), DecisionKind::score);
  }
};

template <>
struct Description<DecisionsRequest> {
  using D = DecisionsRequest;
  static constexpr auto fields() {
    return std::array{
        field<&D::model>("model", "the model or an alias of it; without one, the default for Chinese").length(1, 50),
        field<&D::input>("input", "the text, or messages").required(),
        field<&D::questions>("questions", "what is asked about it, each by itself").items(1, 128).required(),
    };
  }
};

Result<DecisionsRequest> read_decisions_request(const JsonValue& body) { return read_described<DecisionsRequest>(body); }
void decisions_request_schema(JsonWriter& json) { write_schema_of<DecisionsRequest>(json); }

namespace {

std::string label_of(const DecisionChoice& choice) {
  if (!choice.description.empty()) return choice.description;
  if (choice.value.truth) return std::string(*choice.value.truth ? said_yes : said_no);
  return choice.value.text;
}

void write_value(JsonWriter& json, const ChoiceValue& value) { value.truth ? json.value(*value.truth) : json.value(value.text); }

double likeliest(std::span<const double> chances) { return *std::ranges::max_element(chances); }

void write_choice(JsonWriter& json, const DecisionQuestion& question, std::span<const double> chances) {
  const auto best = static_cast<std::size_t>(std::ranges::max_element(chances) - chances.begin());
  json.key("choice");
  write_value(json, question.choices[best].value);
  json.key("probabilities").begin_list();
  for (std::size_t i = 0; i < chances.size(); ++i) {
    json.begin_object().key("value");
    write_value(json, question.choices[i].value);
    json.member("probability", chances[i]).end_object();
  }
  json.end_list().member("confidence", chances[best]);
}

void write_score(JsonWriter& json, const DecisionQuestion& question, std::span<const double> chances) {
  double score = 0;
  for (std::size_t i = 0; i < chances.size(); ++i) score += static_cast<double>(i) * chances[i];
  json.member("score", score).key("probabilities").begin_list();
  for (std::size_t i = 0; i < chances.size(); ++i) {
    json.begin_object().member("value", i).member("label", question.levels[i].label).member("probability", chances[i]).end_object();
  }
  json.end_list().member("confidence", likeliest(chances));
}

void write_answer(JsonWriter& json, const DecisionQuestion& question, std::span<const double> chances) {
  const std::string_view kind = EnumNames<DecisionKind>::names[static_cast<std::size_t>(question.type)];
  json.begin_object().member("type", chances.empty() ? std::string_view("refusal") : kind);
  json.member_or_null("name", question.name.value_or(""));
  if (!chances.empty()) {
    switch (question.type) {
      case DecisionKind::predicate:
        json.member("probability", chances.front());
        break;
      case DecisionKind::choice:
        write_choice(json, question, chances);
        break;
      case DecisionKind::score:
        write_score(json, question, chances);
        break;
    }
  }
  json.end_object();
}

}  // namespace

std::vector<std::string> labels_of(const DecisionQuestion& question) {
  std::vector<std::string> labels;
  for (const DecisionChoice& choice : question.choices) labels.push_back(label_of(choice));
  for (const DecisionLevel& level : question.levels) labels.push_back(level.label);
  if (labels.empty()) labels = {std::string(said_yes), std::string(said_no)};
  return labels;
}

void write_decisions_reply(std::string& out, std::string_view model, std::span<const DecisionQuestion> questions,
                           std::span<const std::vector<double>> chances, std::uint64_t tokens) {
  JsonWriter json(out);
  json.begin_object().member("model", model).key("answers").begin_list();
  for (std::size_t i = 0; i < questions.size(); ++i) write_answer(json, questions[i], chances[i]);
  json.end_list().key("usage").begin_object().member("input_tokens", tokens);
  json.key("input_tokens_details").begin_object().member("cached_tokens", 0).end_object();
  json.member("output_tokens", 0).member("total_tokens", tokens).end_object().end_object();
}

void decisions_reply_schema(JsonWriter& json) {
  json.raw(R"({"type":"object","properties":{"model":{"type":"string"},"answers":{"type":"array","items":{"type":"object","properties":{)"
           R"("type":{"type":"string","enum":["predicate","choice","score","refusal"]},"name":{"type":["string","null"]},)"
           R"("probability":{"type":"number","description":"of a predicate: that it is so"},)"
           R"("choice":{"type":["string","boolean"],"description":"the likeliest"},)"
           R"("score":{"type":"number","description":"the mean level, from 0"},)"
           R"("probabilities":{"type":"array","items":{"type":"object"}},"confidence":{"type":"number"}},"required":["type","name"]}},)"
           R"("usage":{"type":"object"}},"required":["model","answers","usage"]})");
}

}  // namespace gatehouse::wire
