#include "gatehouse/wire/nlu/requests.h"

#include <array>

#include "gatehouse/wire/json/codec.h"
#include "schema_codec.h"

namespace gatehouse::wire {

template <>
struct EnumNames<NluForm> {
  static constexpr std::array<std::string_view, 4> names = {"paths", "grouped", "tree", "flat"};
};
template <>
struct EnumNames<OffsetUnit> {
  static constexpr std::array<std::string_view, 3> names = {"codepoint", "utf16", "byte"};
};
template <>
struct EnumNames<NluMode> {
  static constexpr std::array<std::string_view, 3> names = {"native", "compat", "multi"};
};

namespace {

constexpr std::array<std::string_view, 9> nlu_tasks = {"ner", "re", "event", "absa", "sentiment", "classification", "match", "nli", "qa"};

constexpr std::string_view schema_doc =
    "what is to be found: an object whose keys name it; below a key what is asked about each find, null where there is no more; "
    "or a string that holds such an object";
constexpr std::string_view format_doc = "paths from the root to each leaf, grouped by key, as a tree, or each find by itself";

}  // namespace

template <>
struct Description<NluPredictRequest> {
  using P = NluPredictRequest;
  static constexpr auto fields() {
    return std::array{
        field<&P::text>("text", "the text; labels to choose from may stand in front: \"a,b|text\"").length(1, no_limit).required(),
        field<&P::schema>("schema", schema_doc).required(),
        field<&P::model>("model", "the model or an alias of it; without one, the default for Chinese").length(1, 50),
        field<&P::format>("format", format_doc).by_default(R"("paths")"),
    };
  }
};

template <>
struct Description<NluExtractRequest> {
  using E = NluExtractRequest;
  static constexpr auto fields() {
    return std::array{
        field<&E::model>("model", "the model or an alias of it; without one, the default for Chinese").length(1, 50),
        field<&E::text>("text", "the text; labels to choose from may stand in front: \"a,b|text\"").length(1, no_limit).required(),
        field<&E::schema>("schema", schema_doc).required(),
        field<&E::task>("task", "what the schema asks for; without it, what its keys say").choices(nlu_tasks),
        field<&E::labels>("labels", "what to choose from, instead of labels in front of the text").length(1, 64).items(2, 256),
        field<&E::format>("format", format_doc).by_default(R"("paths")"),
        field<&E::scores>("scores", "how sure each find is, 0 to 1").by_default("true"),
        field<&E::offset_unit>("offset_unit", "what offsets count: code points, units of UTF-16 as JavaScript does, or bytes of UTF-8")
            .by_default(R"("codepoint")"),
        field<&E::mode>("mode",
                        "native: of labels the best one wins; multi: each that fits; compat: labels are found like anything else, so there "
                        "may be none or several")
            .by_default(R"("native")"),
    };
  }
};

Result<NluPredictRequest> read_nlu_predict_request(const JsonValue& body) { return read_described<NluPredictRequest>(body); }
void nlu_predict_request_schema(JsonWriter& json) { write_schema_of<NluPredictRequest>(json); }
Result<NluExtractRequest> read_nlu_extract_request(const JsonValue& body) { return read_described<NluExtractRequest>(body); }
void nlu_extract_request_schema(JsonWriter& json) { write_schema_of<NluExtractRequest>(json); }

}  // namespace gatehouse::wire
