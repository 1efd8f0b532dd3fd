// How Streamlit mounts a component, keeps it up to date, and unmounts it.

/** The argument with which Streamlit calls a component; ``parentElement`` contains its HTML.
 * @template Data
 * @typedef {{data: Data, parentElement: HTMLElement, setStateValue: (name: string, value: any) => void}} Component */

/** The function that Streamlit calls when the component is mounted, and again when its data or the theme changes.
 * @template Data @template {{update(component: Component<Data>): void, destroy(): void}} View
 * @param {(component: Component<Data>) => View} create creates the view
 * @param {(view: View, data: Data) => boolean} [suits] whether the view can show the new data; if not, another is made
 * @returns {(component: Component<Data>) => () => void} */
export function mount(create, suits = () => true) {
  /** @type {WeakMap<HTMLElement, View>} */
  const views = new WeakMap();
  return (component) => {
    const { data, parentElement } = component;
    const view = views.get(parentElement);
    if (view && suits(view, data)) {
      view.update(component);
    } else {
      view?.destroy();
      views.set(parentElement, create(component));
    }
    // Streamlit keeps the returned function of the last call, and calls it when the component is unmounted.
    return () => {
      views.get(parentElement)?.destroy();
      views.delete(parentElement);
    };
  };
}
