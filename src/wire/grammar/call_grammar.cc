#include "gatehouse/wire/grammar/call_grammar.h"

#include <utility>
#include <vector>

#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/llm/call_reader.h"
#include "schema_faults.h"
#include "schema_reader.h"

namespace gatehouse::wire {
namespace {

using grammar::literal;
using grammar::RuleId;
using grammar::Symbol;

constexpr std::uint32_t most_calls_in_answer = 32;
constexpr std::string_view bare_beginning = R"({"name":)";

Error about_tool(const engine::Tool& tool, const Error& error) {
  return caller_error("schema_not_supported", "The parameters of tool '" + tool.name + "' cannot be kept to. " + error.public_text())
      .with_param("tools");
}

// A schema that says nothing of types is one of an object all the same.
bool says_nothing(const JsonValue& schema) {
  if (!schema.is_object()) return false;
  for (const JsonMember& member : schema.members()) {
    if (member.key == "type" ? member.value.is_string() && member.value.string() == "object" : member.key == "description") continue;
    return false;
  }
  return true;
}

class CallGrammar {
 public:
  explicit CallGrammar(const CallRules& asked) : asked_(asked), values_(rules_), marks_(marks_of(asked.form)) {}

  Result<std::string> write() {
    const RuleId choice = rules_.add();
    for (const engine::Tool& tool : asked_.tools) {
      GH_TRY(const RuleId arguments, arguments_of(tool));
      const RuleId space = values_.space();
      if (asked_.form == engine::CallForm::named)
        rules_.alternative(choice, {literal(tool.name), literal(marks_.arguments), space, arguments});
      else
        rules_.alternative(choice, {literal('"' + tool.name + '"'), space, literal(","), space,
                                    literal('"' + std::string(marks_.arguments) + '"'), space, literal(":"), space, arguments});
    }
    const RuleId root = root_of(choice);
    if (!asked_.document.empty()) {
      GH_TRY(const JsonValue schema, parser_.parse(asked_.document));
      GH_TRY(const RuleId document, grammar::SchemaReader(schema, rules_, values_).read());
      rules_.alternative(root, {document});
    }
    Result<std::string> text = grammar::grammar_text(rules_, root);
    if (!text) return std::move(text).error().with_param("tools");
    return text;
  }

 private:
  RuleId root_of(RuleId choice) {
    const RuleId space = values_.space();
    if (asked_.form == engine::CallForm::named) return marked(choice);
    const RuleId rest = rules_.add({{space, choice, space, literal("}")}});
    if (asked_.form == engine::CallForm::bare) return asked_.begun ? rules_.add({{rest}}) : rules_.add({{literal(bare_beginning), rest}});
    const RuleId object = rules_.add({{space, literal("{"), space, literal("\"name\""), space, literal(":"), rest}});
    if (asked_.form == engine::CallForm::listed) return listed(object);
    return marked(rules_.add({{object, space, literal(marks_.close)}}));
  }
  RuleId listed(RuleId object) {
    const RuleId space = values_.space();
    const RuleId next = rules_.add({{space, literal(","), object}});
    const RuleId list = rules_.add({{space, literal("["), object, others(next), space, literal("]")}});
    return asked_.begun ? list : rules_.add({{literal(marks_.open), list}});
  }
  // The mark stands before each call.
  RuleId marked(RuleId body) {
    const RuleId space = values_.space();
    const RuleId call = rules_.add({{literal(marks_.open), body}});
    const RuleId next = rules_.add({{space, call}});
    return rules_.add({{asked_.begun ? body : call, others(next)}});
  }

  Symbol others(RuleId next) const { return Symbol(next, 0, asked_.several ? most_calls_in_answer - 1 : 0); }

  Result<RuleId> arguments_of(const engine::Tool& tool) {
    if (tool.parameters.empty()) return rules_.add({{literal("{"), values_.space(), literal("}")}});
    GH_TRY(const JsonValue schema, parser_.parse(tool.parameters));
    if (says_nothing(schema)) return values_.object();
    const Result<RuleId> read = grammar::SchemaReader(schema, rules_, values_).read();
    if (read) return *read;
    if (asked_.lenient && !tool.strict) return values_.object();
    return about_tool(tool, read.error());
  }

  const CallRules& asked_;
  grammar::Rules rules_;
  grammar::Values values_;
  const CallMarks marks_;
  JsonParser parser_;
};

}  // namespace

std::string_view call_beginning(engine::CallForm form) { return form == engine::CallForm::bare ? bare_beginning : marks_of(form).open; }

Result<std::string> call_grammar(const CallRules& rules) { return CallGrammar(rules).write(); }

}  // namespace gatehouse::wire
