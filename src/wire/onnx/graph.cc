#include "gatehouse/wire/onnx/graph.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <unordered_set>

#include "onnx/tensor.h"

namespace gatehouse::wire::onnx {
namespace {

constexpr std::uint32_t most_depth = 8;         // of graphs within graphs
constexpr std::uint32_t attributes_a_node = 4;  // on average

constexpr std::string_view sparse_text = "it has sparse tensors, which are not supported";

Error twice(std::string_view what) { return invalid_onnx("the file has " + std::string(what) + " twice"); }

// Counts what is made, over all graphs of the file.
class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits) {}
  Status node() { return spend(nodes_, limits_.nodes, "nodes"); }
  Status attribute() { return spend(attributes_, std::uint64_t{limits_.nodes} * attributes_a_node, "attributes"); }
  Status tensor() { return spend(tensors_, limits_.tensors, "tensors"); }
  Status value() { return spend(values_, limits_.values, "inputs and outputs"); }

 private:
  static Status spend(std::uint64_t& spent, std::uint64_t most, const char* what) {
    if (++spent <= most) return ok();
    return operator_error("onnx_too_large", "the file has more than " + std::to_string(most) + " " + what);
  }
  const Limits& limits_;
  std::uint64_t nodes_ = 0, attributes_ = 0, tensors_ = 0, values_ = 0;
};

Result<std::vector<std::int64_t>> parse_shape(std::string_view message) {
  std::vector<std::int64_t> shape;
  std::uint64_t product = 1;
  GH_CHECK(each_field(message, [&shape, &product](const Field& field) -> Status {
    if (field.number != 1) return ok();
    std::string_view dimension;
    GH_CHECK(take(field, dimension));
    if (shape.size() == most_dimensions) return invalid_onnx("an input or output has too many dimensions");
    std::int64_t extent = -1;  // named, or not said
    GH_CHECK(each_field(dimension, [&extent](const Field& part) { return part.number == 1 ? take(part, extent) : ok(); }));
    if (extent < -1) return invalid_onnx("an input or output has a negative extent");
    if (extent > 0 && static_cast<std::uint64_t>(extent) > most_elements / product) {
      return invalid_onnx("an input or output has an impossible shape");
    }
    product *= extent > 0 ? static_cast<std::uint64_t>(extent) : 1;
    shape.push_back(extent);
    return ok();
  }));
  return shape;
}

Status parse_tensor_type(std::string_view message, ValueInfo& value) {
  return each_field(message, [&value](const Field& field) -> Status {
    if (field.number == 1) {
      std::int64_t type = 0;
      GH_CHECK(take(field, type));
      value.type = type > 0 && type <= static_cast<std::int64_t>(DataType::bf16) ? static_cast<DataType>(type) : DataType::undefined;
    } else if (field.number == 2) {
      if (value.shape) return twice("a shape");
      std::string_view shape;
      GH_CHECK(take(field, shape));
      GH_TRY(value.shape, parse_shape(shape));
    }
    return ok();
  });
}

Status parse_type(std::string_view message, ValueInfo& value) {
  return each_field(message, [&value](const Field& field) -> Status {
    if (field.number != 1 && field.number != 4 && field.number != 5 && field.number != 8 && field.number != 9) return ok();
    if (value.kind != ValueKind::unknown) return twice("a type");
    if (field.number == 8) return unsupported_onnx(std::string(sparse_text));
    std::string_view type;
    GH_CHECK(take(field, type));
    value.kind = field.number == 1   ? ValueKind::tensor
                 : field.number == 4 ? ValueKind::sequence
                 : field.number == 5 ? ValueKind::map
                                     : ValueKind::optional;
    return value.kind == ValueKind::tensor ? parse_tensor_type(type, value) : ok();
  });
}

Result<ValueInfo> parse_value(std::string_view message) {
  ValueInfo value;
  bool typed = false;
  GH_CHECK(each_field(message, [&](const Field& field) -> Status {
    if (field.number == 1) return take(field, value.name);
    if (field.number != 2) return ok();
    if (std::exchange(typed, true)) return twice("the type of an input or output");
    std::string_view type;
    GH_CHECK(take(field, type));
    return parse_type(type, value);
  }));
  return value;
}

class Parser {
 public:
  explicit Parser(const Limits& limits) : limits_(limits), budget_(limits) {}

  Result<Graph> parse(std::string_view bytes) {
    std::string_view graph;
    bool has_graph = false;
    GH_CHECK(each_field(bytes, [&](const Field& field) -> Status {
      if (field.number == 7) {
        if (std::exchange(has_graph, true)) return twice("a graph");
        return take(field, graph);
      }
      return model_part(field);
    }));
    if (!has_graph) return invalid_onnx("it is no ONNX file: it has no graph");
    GH_CHECK(graph_parts(graph, graph_, 0));
    if (graph_.nodes.empty() || graph_.outputs.empty()) return invalid_onnx("it is no ONNX file, or its graph is empty");
    if (graph_.opsets.empty()) return invalid_onnx("the file does not say which operators it means: it has no opset_import");
    std::unordered_set<std::string_view> given;
    for (const Tensor& one : graph_.initializers) given.insert(one.name);
    std::erase_if(graph_.inputs, [&given](const ValueInfo& value) { return given.contains(value.name); });
    std::ranges::set_difference(domains_, own_domains_, std::back_inserter(graph_.domains));
    return std::move(graph_);
  }

 private:
  Status model_part(const Field& field) {
    switch (field.number) {
      case 1:
        return take(field, graph_.ir_version);
      case 2:
        return take(field, graph_.producer);
      case 8:
        return opset(field);
      case 20:
        return unsupported_onnx("the file brings how it is to be trained, which is not supported");
      case 25:
        return function(field);
      default:
        return ok();
    }
  }

  Status opset(const Field& field) {
    std::string_view message;
    GH_CHECK(take(field, message));
    GH_CHECK(budget_.value());
    auto& [domain, version] = graph_.opsets.emplace_back();
    return each_field(message, [&domain, &version](const Field& part) {
      return part.number == 1 ? take(part, domain) : part.number == 2 ? take(part, version) : ok();
    });
  }

  Status function(const Field& field) {
    if (limits_.nested == Nested::refused) return unsupported_onnx("the file brings functions of its own");
    std::string_view message;
    GH_CHECK(take(field, message));
    GH_CHECK(budget_.node());
    ++graph_.functions;
    return each_field(message, [this](const Field& part) -> Status {
      std::string_view bytes;
      if (part.number == 7) {
        GH_CHECK(take(part, bytes));
        GH_TRY(const Node node, parse_node(bytes, 1));
      } else if (part.number == 11) {
        GH_CHECK(take(part, bytes));
        GH_TRY(const Attribute attribute, parse_attribute(bytes, 1));
      } else if (part.number == 10) {
        GH_CHECK(take(part, bytes));
        own_domains_.emplace(bytes);
      }
      return ok();
    });
  }

  Status graph_parts(std::string_view message, Graph& graph, std::uint32_t depth) {
    return each_field(message, [&](const Field& field) -> Status {
      if (field.number == 15) return unsupported_onnx(std::string(sparse_text));
      if (field.number != 1 && field.number != 5 && field.number != 11 && field.number != 12) return ok();
      std::string_view bytes;
      GH_CHECK(take(field, bytes));
      if (field.number == 1) {
        GH_TRY(Node node, parse_node(bytes, depth));
        graph.nodes.push_back(std::move(node));
      } else if (field.number == 5) {
        GH_CHECK(budget_.tensor());
        GH_TRY(Tensor tensor, parse_tensor(bytes));
        graph.initializers.push_back(std::move(tensor));
      } else {
        GH_CHECK(budget_.value());
        GH_TRY(ValueInfo value, parse_value(bytes));
        (field.number == 11 ? graph.inputs : graph.outputs).push_back(std::move(value));
      }
      return ok();
    });
  }

  Result<Node> parse_node(std::string_view message, std::uint32_t depth) {
    GH_CHECK(budget_.node());
    Node node;
    GH_CHECK(each_field(message, [&](const Field& field) -> Status {
      switch (field.number) {
        case 1:
          GH_CHECK(budget_.value());
          return append(field, node.inputs);
        case 2:
          GH_CHECK(budget_.value());
          return append(field, node.outputs);
        case 3:
          return take(field, node.name);
        case 4:
          return take(field, node.op);
        case 5: {
          std::string_view bytes;
          GH_CHECK(take(field, bytes));
          GH_TRY(Attribute attribute, parse_attribute(bytes, depth));
          node.attributes.push_back(std::move(attribute));
          return ok();
        }
        case 7:
          return take(field, node.domain);
        default:
          return ok();
      }
    }));
    if (node.op.empty()) return invalid_onnx("a node names no operator");
    if (node.domain == "ai.onnx") node.domain.clear();
    domains_.insert(node.domain);
    return node;
  }

  Status subgraph(const Field& field, std::uint32_t depth) {
    if (limits_.nested == Nested::refused) return unsupported_onnx("a node holds a graph of its own");
    if (depth + 1 > most_depth) return unsupported_onnx("graphs stand in graphs too deeply");
    std::string_view message;
    GH_CHECK(take(field, message));
    ++graph_.subgraphs;
    Graph inner;
    return graph_parts(message, inner, depth + 1);
  }

  Result<Attribute> parse_attribute(std::string_view message, std::uint32_t depth);

  const Limits limits_;
  Budget budget_;
  Graph graph_;
  std::set<std::string> domains_, own_domains_;
};

// What an attribute may hold, before its type says what it does hold.
struct AttributeParts {
  std::int64_t type = 0, whole = 0;
  float number = 0;
  std::string text;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string> texts;
  std::vector<Tensor> tensors;
  std::optional<Tensor> tensor;
};

// By the type that the attribute has; files before IR version 2, which say none, are refused.
Result<AttributeValue> value_of(AttributeParts& parts, std::string_view name) {
  switch (parts.type) {
    case 1:
      return AttributeValue(parts.number);
    case 2:
      return AttributeValue(parts.whole);
    case 3:
      return AttributeValue(std::move(parts.text));
    case 4:
      if (!parts.tensor) return invalid_onnx("the attribute " + shown(name) + " has no value");
      return AttributeValue(std::move(*parts.tensor));
    case 5:
    case 10:
    case 13:
    case 14:
      return AttributeValue(std::monostate{});
    case 6:
      return AttributeValue(std::move(parts.floats));
    case 7:
      return AttributeValue(std::move(parts.ints));
    case 8:
      return AttributeValue(std::move(parts.texts));
    case 9:
      return AttributeValue(std::move(parts.tensors));
    case 11:
    case 12:
      return unsupported_onnx(std::string(sparse_text));
    default:
      return invalid_onnx("the attribute " + shown(name) + " is of no known type");
  }
}

Result<Attribute> Parser::parse_attribute(std::string_view message, std::uint32_t depth) {
  GH_CHECK(budget_.attribute());
  Attribute attribute;
  AttributeParts parts;
  GH_CHECK(each_field(message, [&](const Field& field) -> Status {
    switch (field.number) {
      case 1:
        return take(field, attribute.name);
      case 2:
        return take(field, parts.number);
      case 3:
        return take(field, parts.whole);
      case 4:
        return take(field, parts.text);
      case 5:
      case 10: {
        if (field.number == 5 && parts.tensor) return twice("a tensor of an attribute");
        GH_CHECK(budget_.tensor());
        std::string_view bytes;
        GH_CHECK(take(field, bytes));
        GH_TRY(Tensor tensor, parse_tensor(bytes));
        if (field.number == 5) {
          parts.tensor = std::move(tensor);
        } else {
          parts.tensors.push_back(std::move(tensor));
        }
        return ok();
      }
      case 6:
      case 11:
        return subgraph(field, depth);
      case 7:
        return append(field, parts.floats);
      case 8:
        return append(field, parts.ints);
      case 9:
        return append(field, parts.texts);
      case 20:
        return take(field, parts.type);
      case 22:
      case 23:
        return unsupported_onnx(std::string(sparse_text));
      default:
        return ok();
    }
  }));
  GH_TRY(attribute.value, value_of(parts, attribute.name));
  return attribute;
}

}  // namespace

const AttributeValue* Node::find(std::string_view attribute) const {
  const auto found = std::ranges::find(attributes, attribute, &Attribute::name);
  return found == attributes.end() ? nullptr : &found->value;
}

Result<Graph> parse_graph(std::string_view bytes, const Limits& limits) {
  if (bytes.size() > limits.bytes) {
    return operator_error("onnx_too_large", "the file has more than " + std::to_string(limits.bytes) + " bytes");
  }
  return Parser(limits).parse(bytes);
}

}  // namespace gatehouse::wire::onnx
