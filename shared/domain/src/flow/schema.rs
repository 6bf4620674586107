//! How the API describes nodes: each with its type, and with no member that reading would refuse.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema,
        schema::{AdditionalProperties, Type},
    },
};

use super::{
    ConditionNode, ForwardNode, GatherNode, HangupNode, HoursNode, MenuNode, Node, RouteNode, SayNode,
};

type Schemas = Vec<(String, RefOr<Schema>)>;

impl PartialSchema for Node {
    fn schema() -> RefOr<Schema> {
        let description = "One step of a flow.";
        let mut one_of = OneOfBuilder::new().description(Some(description));
        for (name, _) in kinds() {
            one_of = one_of.item(Ref::from_schema_name(name));
        }
        one_of.into()
    }
}

impl ToSchema for Node {
    fn schemas(schemas: &mut Schemas) {
        schemas.extend(kinds());
        SayNode::schemas(schemas);
        MenuNode::schemas(schemas);
        GatherNode::schemas(schemas);
        ConditionNode::schemas(schemas);
        HoursNode::schemas(schemas);
        RouteNode::schemas(schemas);
        ForwardNode::schemas(schemas);
        HangupNode::schemas(schemas);
    }
}

fn kinds() -> Schemas {
    vec![
        kind::<SayNode>("say"),
        kind::<MenuNode>("menu"),
        kind::<GatherNode>("gather"),
        kind::<ConditionNode>("condition"),
        kind::<HoursNode>("hours"),
        kind::<RouteNode>("route"),
        kind::<ForwardNode>("forward"),
        kind::<HangupNode>("hangup"),
    ]
}

fn kind<N: ToSchema>(word: &str) -> (String, RefOr<Schema>) {
    let mut schema = N::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        let told = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([word]));
        object.properties.insert("type".to_owned(), told.into());
        object.required.push("type".to_owned());
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    }
    (N::name().into_owned(), schema)
}
