//! The shape of a filter, for the API's description. It names itself, which a derive cannot say.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, ObjectBuilder, OneOfBuilder, Ref, RefOr,
        schema::{AdditionalProperties, KnownFormat, Schema, SchemaFormat, Type},
    },
};

use super::{Field, Filter, value::Value};

impl ToSchema for Filter {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Filter")
    }
}

impl PartialSchema for Filter {
    fn schema() -> RefOr<Schema> {
        let tree = OneOfBuilder::new()
            .description(Some(
                "A tree of at most 64 conditions, nested at most 4 deep: `all`, `any` or `not` over comparisons of a \
                 fact. A fact that is not known is never allowed, also not by `not`; `exists` asks whether it is known. Where \
                 a fact is one of several (the zones of an area code), each of them has to be allowed.",
            ))
            .item(branch("all", list_of_filters()))
            .item(branch("any", list_of_filters()))
            .item(branch("not", Ref::from_schema_name("Filter")));
        comparisons().into_iter().fold(tree, OneOfBuilder::item).into()
    }
}

fn list_of_filters() -> ArrayBuilder {
    let items = Ref::from_schema_name("Filter");
    ArrayBuilder::new().items(items).min_items(Some(1)).max_items(Some(Filter::MOST_CONDITIONS))
}

fn branch(name: &str, inner: impl Into<RefOr<Schema>>) -> ObjectBuilder {
    closed().property(name, inner).required(name)
}

/// An object with no other members than it says.
fn closed() -> ObjectBuilder {
    ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn comparisons() -> [ObjectBuilder; 5] {
    let two = ArrayBuilder::new().items(scalar()).min_items(Some(2)).max_items(Some(2));
    let prefix = || one_of(text().min_length(Some(1)));
    let prefixes = ArrayBuilder::new().items(prefix()).min_items(Some(1)).max_items(Some(Value::MOST));
    let list = ArrayBuilder::new().items(scalar()).min_items(Some(1)).max_items(Some(Value::MOST));
    [
        comparison("eq").property("value", scalar()).required("value"),
        comparison("in").property("value", list).required("value"),
        comparison("between")
            .property("value", two.description(Some("The lowest and the highest, both included.")))
            .required("value"),
        comparison("prefix")
            .property("value", OneOfBuilder::new().item(prefix()).item(prefixes))
            .required("value"),
        comparison("exists")
            .property("value", ObjectBuilder::new().schema_type(Type::Boolean).default(Some(true.into()))),
    ]
}

fn comparison(operator: &str) -> ObjectBuilder {
    let of_call = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Field::NAMES.to_vec()));
    let tag = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^tags\.[a-z0-9_]{1,64}$"));
    let field = OneOfBuilder::new()
        .item(of_call)
        .item(tag)
        .description(Some("A fact of the call, or `tags.` and a tag's name."))
        .examples(["caller.state"]);
    let operator = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([operator]));
    closed().property("field", field).required("field").property("op", operator).required("op")
}

fn scalar() -> OneOfBuilder {
    one_of(text())
}

/// A text, a whole number or a truth value.
fn one_of(text: ObjectBuilder) -> OneOfBuilder {
    OneOfBuilder::new()
        .item(text)
        .item(
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))),
        )
        .item(ObjectBuilder::new().schema_type(Type::Boolean))
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).max_length(Some(Value::MOST_CHARACTERS))
}
